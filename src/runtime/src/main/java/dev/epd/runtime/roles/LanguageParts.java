package dev.epd.runtime.roles;

import dev.epd.contract.TicketVerifier;
import dev.epd.modelspec.ModelSpec;
import dev.epd.runtime.engine.EngineThread;
import dev.epd.runtime.engine.KvPool;
import dev.epd.runtime.engine.LanguageLane;
import dev.epd.runtime.model.KvCache;
import dev.epd.transfer.TransferClient;
import dev.epd.transfer.TransferServer;

/** What prefill and decode share within one process. */
record LanguageParts(
    ModelSpec spec,
    EngineThread engine,
    LanguageLane lane,
    KvCache cache,
    KvPool pool,
    TransferServer receiver,
    TransferClient sender,
    TicketVerifier verifier,
    Gate gate,
    RoleMeters meters) {}
