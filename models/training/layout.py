"""Files of a Hugging Face Qwen2.5-VL (or Qwen2-VL) checkpoint directory, written from scratch: the byte-level BPE
tokenizer (trained here on a small fixed corpus), chat template, image-processor and generation settings, config.json
in the flat layout the published checkpoints use, and bf16 safetensors (one file, or shards with an index)."""
import json
import os
import struct

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
           "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
           "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"]
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
BASE_VOCAB = 498  # 256 bytes + 242 merges; with the 14 special tokens: 512 ids; config pads the matrices to 576
PADDED_VOCAB = 576
COLOURS = ["red", "green", "blue", "yellow", "purple"]
SHAPES = ["circle", "square", "triangle"]
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]

CHAT_TEMPLATE = (
    "{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}"
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n{% else %}"
    "{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}"
    "{% set image_count.value = image_count.value + 1 %}"
    "{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}{% set video_count.value = video_count.value + 1 %}"
    "{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def corpus():
    things = [f"{c} {s}" for c in COLOURS for s in SHAPES]
    lines = ["You are a helpful assistant.", "system\n", "user\n", "assistant\n"] * 40
    lines += ["What is in the picture?", "How many shapes are there?", "Picture 1: ", "Video 1: "] * 40
    for i, a in enumerate(things):
        for b in things[i + 1:]:
            lines += [f"A {a} left of a {b}.", f"A {a} above a {b}.", f"Where is the {a}? Right of the {b}.",
                      f"Where is the {b}? Below the {a}.", f"A {a}, a {b} and a {a}.", "One. Two. Three."]
        lines += [f"What colour is the {a.split()[1]}? {a.split()[0].title()}.", f"A {a}."]
    lines += ["The encoder turns an image into embeddings; prefill reads them and decode writes the answer.",
              "Describe the difference between the first image and the second one, then compare the colours.",
              "Es ist 12:45 Uhr, 3.14 ≈ π; naïve café, 東京の写真 и картинка. 🙂\tif (x != y) { return f(x, y); }\n\n"] * 8
    return lines


def tokenizer():
    tok = Tokenizer(models.BPE(byte_fallback=False))
    tok.normalizer = normalizers.NFC()
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    tok.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=BASE_VOCAB, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    assert tok.get_vocab_size() == BASE_VOCAB, tok.get_vocab_size()
    tok.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    return tok


def token_ids(tok):
    ids = {s: tok.token_to_id(s) for s in SPECIAL}
    return dict(bos_token_id=ids["<|endoftext|>"], eos_token_id=ids["<|im_end|>"], pad_token_id=ids["<|endoftext|>"],
                vision_start_token_id=ids["<|vision_start|>"], vision_end_token_id=ids["<|vision_end|>"],
                vision_token_id=ids["<|vision_pad|>"], image_token_id=ids["<|image_pad|>"],
                video_token_id=ids["<|video_pad|>"])


def config(kind, tok, *, hidden, inter, layers, heads, kv_heads, mrope, vision, tie=True, vocab=PADDED_VOCAB,
           max_position=4096, dtype="bfloat16"):
    """config.json as published for Qwen2-VL / Qwen2.5-VL: text settings flat at the top, vision_config nested."""
    arch = {"qwen2_vl": "Qwen2VLForConditionalGeneration", "qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration"}[kind]
    ids = token_ids(tok)
    return {"architectures": [arch], "model_type": kind, "attention_dropout": 0.0,
            **{k: v for k, v in ids.items() if k != "pad_token_id"},
            "hidden_act": "silu", "hidden_size": hidden, "initializer_range": 0.02, "intermediate_size": inter,
            "max_position_embeddings": max_position, "max_window_layers": layers, "num_attention_heads": heads,
            "num_hidden_layers": layers, "num_key_value_heads": kv_heads, "rms_norm_eps": 1e-06,
            "rope_scaling": {"type": "mrope", "mrope_section": mrope}, "rope_theta": 1000000.0,
            "sliding_window": max_position, "tie_word_embeddings": tie, "torch_dtype": dtype, "use_cache": True,
            "use_sliding_window": False, "vision_config": vision, "vocab_size": vocab}


def vision_qwen2(hidden, width, depth, heads, mlp_ratio=4):
    return {"model_type": "qwen2_vl", "depth": depth, "embed_dim": width, "hidden_size": hidden, "mlp_ratio": mlp_ratio,
            "num_heads": heads, "in_channels": 3, "in_chans": 3, "patch_size": 14, "spatial_merge_size": 2,
            "spatial_patch_size": 14, "temporal_patch_size": 2, "hidden_act": "quick_gelu"}


def vision_qwen25(hidden, width, depth, heads, inter, full, window=112):
    return {"model_type": "qwen2_5_vl", "depth": depth, "hidden_size": width, "out_hidden_size": hidden,
            "intermediate_size": inter, "num_heads": heads, "in_channels": 3, "in_chans": 3, "patch_size": 14,
            "spatial_merge_size": 2, "spatial_patch_size": 14, "temporal_patch_size": 2, "tokens_per_second": 2,
            "window_size": window, "fullatt_block_indexes": full, "hidden_act": "silu"}


def write_common(path, tok, cfg, min_pixels=56 * 56, max_pixels=28 * 28 * 1280):
    os.makedirs(path, exist_ok=True)
    ids = token_ids(tok)
    dump = lambda name, obj: open(f"{path}/{name}", "w", encoding="utf-8").write(
        json.dumps(obj, indent=2, ensure_ascii=False) + "\n")
    tok.save(f"{path}/tokenizer.json", pretty=False)
    dump("config.json", cfg)
    dump("generation_config.json", {"bos_token_id": ids["bos_token_id"], "pad_token_id": ids["pad_token_id"],
                                    "eos_token_id": [ids["eos_token_id"], ids["pad_token_id"]], "do_sample": False})
    dump("preprocessor_config.json", {
        "min_pixels": min_pixels, "max_pixels": max_pixels, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
        "image_mean": MEAN, "image_std": STD, "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": "Qwen2VLProcessor" if cfg["model_type"] == "qwen2_vl" else "Qwen2_5_VLProcessor"})
    dump("chat_template.json", {"chat_template": CHAT_TEMPLATE})
    dump("tokenizer_config.json", {
        "add_prefix_space": False, "add_bos_token": False, "tokenizer_class": "Qwen2Tokenizer",
        "added_tokens_decoder": {str(tok.token_to_id(s)): {
            "content": s, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
            for s in SPECIAL},
        "additional_special_tokens": SPECIAL[1:], "bos_token": None, "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>", "unk_token": None, "errors": "replace", "split_special_tokens": False,
        "model_max_length": cfg["max_position_embeddings"], "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE})


def write_weights(path, tensors, shards=1):
    """tensors: name -> tensor, in the published names (visual.*, model.*, lm_head.weight)."""
    tensors = {k: v.detach().contiguous().clone() for k, v in sorted(tensors.items())}
    if shards == 1:
        save_file(tensors, f"{path}/model.safetensors", metadata={"format": "pt"})
        return
    total = sum(v.numel() * v.element_size() for v in tensors.values())
    parts, size = [{}], 0
    for k, v in tensors.items():
        n = v.numel() * v.element_size()
        if size + n > total / shards and parts[-1] and len(parts) < shards:
            parts.append({}); size = 0
        parts[-1][k] = v; size += n
    where = {}
    for i, p in enumerate(parts, 1):
        name = f"model-{i:05d}-of-{len(parts):05d}.safetensors"
        save_file(p, f"{path}/{name}", metadata={"format": "pt"})
        where.update({k: name for k in p})
    json.dump({"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))},
              open(f"{path}/model.safetensors.index.json", "w"), indent=2)
