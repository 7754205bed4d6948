#!/usr/bin/env python3
"""Golden references from Hugging Face transformers for a tiny Qwen2.5-VL checkpoint with seeded weights.

  make_goldens.py [--out ../goldens]

Writes, per model family: hf/ (bf16 checkpoint), images.safetensors + images.json (per picture: pixel values of both
image-processor back ends, grid, embeddings in fp32 and bf16), cases/NAME.{json,safetensors} (ids, M-RoPE positions,
first-token logits, for the cases in ALL_STEPS the fp32 logits of every step, 32 greedy tokens with the margin between
the best two logits at each step, fp32 and bf16), debug.safetensors (hidden states after each block and layer for one
picture and one case, fp32). Pictures are in images/. Weights are bf16-representable, so the one checkpoint serves both
precisions: "fp32" means loaded with dtype float32, "bf16" with dtype bfloat16."""
import argparse
import json
import math
import os
import shutil

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps
from safetensors.torch import save_file
import transformers
from transformers import AutoProcessor, AutoTokenizer, Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

import layout

HIDDEN, NEW = 256, 32
CLS = {"qwen2_5_vl": Qwen2_5_VLForConditionalGeneration}
VISION = {"qwen2_5_vl": layout.vision_qwen25(HIDDEN, 128, 4, 4, 344, [1, 3])}
MIN_PX, MAX_PX = 56 * 56, 224 * 224
ALL_STEPS = {"text_only", "text_unicode", "one_exact", "one_large", "two_compare", "three_interleaved", "two_turns"}


# ---- pictures ------------------------------------------------------------------------------------------------------
def make_images(path):
    os.makedirs(path, exist_ok=True)

    def noise(seed, w, h, mode):
        """Smooth colour field, some shapes, a little noise: not trivially flat, still small as PNG."""
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:h, 0:w] / max(w, h)
        base = np.stack([128 + 90 * np.sin(rng.uniform(2, 9) * x + rng.uniform(2, 9) * y + rng.uniform(0, 6))
                         for _ in range(3)], -1)
        img = Image.fromarray(np.clip(base + rng.normal(0, 4, base.shape), 0, 255).astype(np.uint8))
        d = ImageDraw.Draw(img)
        for _ in range(4):
            cx, cy, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.08, 0.25) * min(w, h)
            d.ellipse([cx - r, cy - r, cx + r, cy + r], fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
        if mode == "RGBA":
            img.putalpha(Image.fromarray(np.clip(255 * (1.2 * x + 0.1), 0, 255).astype(np.uint8)))
        return img.convert(mode) if mode not in ("RGB", "RGBA") else img

    save = lambda img, name, **kw: img.save(f"{path}/{name}", **kw)
    save(noise(1, 112, 112, "RGB"), "exact.png")          # already a multiple of 28
    save(noise(2, 131, 89, "RGB"), "odd.png")             # rounds in both directions
    save(noise(3, 37, 211, "RGB"), "tall.png")
    save(noise(4, 300, 41, "RGB"), "wide.png")
    save(noise(5, 23, 17, "RGB"), "small.png")            # below min_pixels: scaled up
    save(noise(6, 640, 427, "RGB"), "large.jpg", quality=85)   # above max_pixels: scaled down
    save(noise(7, 100, 70, "RGBA"), "alpha.png")
    save(noise(8, 90, 120, "L"), "grey.png")
    save(noise(9, 98, 70, "P"), "palette.png")
    exif = Image.Exif()
    exif[0x0112] = 6                                      # shown rotated by 90 degrees clockwise
    save(noise(10, 140, 84, "RGB"), "exif6.jpg", quality=90, exif=exif.tobytes())
    out = {}
    os.makedirs(f"{path}/decoded", exist_ok=True)
    for name in sorted(n for n in os.listdir(path) if n.endswith((".png", ".jpg"))):
        img = ImageOps.exif_transpose(Image.open(f"{path}/{name}")).convert("RGB")
        save(img, f"decoded/{name[:-4]}.png")             # what PIL decodes, so that decoders can be told from resizers
        out[name[:-4]] = {"file": name, "width": img.width, "height": img.height}
    json.dump(out, open(f"{path}/images.json", "w"), indent=1)
    return out


# ---- conversations -------------------------------------------------------------------------------------------------
def cases():
    img, txt = (lambda n: {"type": "image", "name": n}), (lambda s: {"type": "text", "text": s})
    user, bot = (lambda *c: {"role": "user", "content": list(c)}), (lambda s: {"role": "assistant", "content": s})
    return {
        "text_only": [{"role": "user", "content": "How many shapes are there?"}],
        "text_unicode": [{"role": "system", "content": "Answer briefly."},
                         {"role": "user", "content": "naïve café, 東京の写真 и картинка 🙂\n\t x != 3.14"}],
        "one_exact": [user(img("exact"), txt("What is in the picture?"))],
        "one_odd_after": [user(txt("Describe this: "), img("odd"))],
        "one_tall": [user(img("tall"), txt("What is in the picture?"))],
        "one_wide": [user(img("wide"), txt("What is in the picture?"))],
        "one_small": [user(img("small"), txt("What colour is the circle?"))],
        "one_large": [user(img("large"), txt("What is in the picture?"))],
        "one_alpha": [user(img("alpha"), txt("What is in the picture?"))],
        "one_grey": [user(img("grey"), txt("What is in the picture?"))],
        "one_palette": [user(img("palette"), txt("What is in the picture?"))],
        "one_exif": [user(img("exif6"), txt("What is in the picture?"))],
        "two_compare": [user(img("odd"), img("exact"), txt("Describe the difference between them."))],
        "three_interleaved": [user(txt("First "), img("small"), txt(" then "), img("tall"), txt(" and last "),
                                   img("wide"), txt(". Compare the colours."))],
        "same_twice": [user(img("exact"), txt(" and again "), img("exact"), txt("?"))],
        "two_turns": [user(img("grey"), txt("What is in the picture?")), bot("A red circle."),
                      user(txt("And in this one?"), img("odd"))],
    }


# ---- weights -------------------------------------------------------------------------------------------------------
def seeded_weights(model, tok, seed):
    """Seeded values, scaled so that activations keep their size and logits are spread (few near-ties); bf16 values."""
    gen = torch.Generator().manual_seed(seed)
    for name, p in sorted(model.named_parameters()):
        x = torch.randn(p.shape, generator=gen)
        if p.dim() == 1:
            x = x * 0.1 + (0 if name.endswith("bias") else 1)
        elif "embed_tokens" in name:
            pass
        elif "lm_head" in name:
            x = x * (3 / math.sqrt(p.shape[1]))
            x[layout.BASE_VOCAB:] = 0                     # special and padding ids: logit 0, so never chosen
        else:
            x = x / math.sqrt(p[0].numel())
            if name.endswith(("q_proj.weight", "k_proj.weight", "qkv.weight")):
                x = x * 1.5
        p.data.copy_(x.to(torch.bfloat16))


def published_names(state):
    """transformers' module names -> the names in published checkpoints (also what vLLM reads)."""
    out = {}
    for k, v in state.items():
        k = k.replace("model.visual.", "visual.").replace("model.language_model.", "model.")
        out[k] = v.to(torch.bfloat16)
    return out


# ---- goldens -------------------------------------------------------------------------------------------------------
def load_rgb(images, path, name):
    return ImageOps.exif_transpose(Image.open(f"{path}/{images[name]['file']}")).convert("RGB")


@torch.no_grad()
def greedy(model, inputs):
    """NEW greedy tokens through the cache, end tokens not obeyed; first logits and best-two margins."""
    got = model.generate(**inputs, max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False, eos_token_id=None,
                         return_dict_in_generate=True, output_logits=True)
    logits = torch.stack([x[0].float() for x in got.logits])
    top = logits.topk(2).values
    return got.sequences[0, inputs["input_ids"].shape[1]:].tolist(), logits, (top[:, 0] - top[:, 1]).tolist()


@torch.no_grad()
def forced(model, inputs, tokens):
    """Logits at each step along the given tokens, in one pass without the cache."""
    extra = torch.tensor([tokens[:-1]])
    more = dict(inputs, input_ids=torch.cat((inputs["input_ids"], extra), 1))
    more["attention_mask"] = torch.ones_like(more["input_ids"])
    more["mm_token_type_ids"] = torch.cat((inputs["mm_token_type_ids"], torch.zeros_like(extra).int()), 1)
    return model(**more, logits_to_keep=len(tokens)).logits[0].float()


@torch.no_grad()
def debug(model, inputs):
    """Hidden states after every vision block, the merger, and every text layer (fp32)."""
    out, hooks = {}, []
    keep = lambda n: lambda m, i, o: out.setdefault(n, (o[0] if isinstance(o, tuple) else o).detach().clone())
    vis, lm = model.model.visual, model.model.language_model
    for n, m in [("vision.patch_embed", vis.patch_embed), ("vision.merger_in_window_order", vis.merger)] + \
                [(f"vision.block{i}_in_window_order", b) for i, b in enumerate(vis.blocks)] + \
                [(f"text.layer{i}", b) for i, b in enumerate(lm.layers)] + [("text.norm", lm.norm)]:
        hooks.append(m.register_forward_hook(keep(n)))
    model(**inputs)
    for h in hooks:
        h.remove()
    return {k: v.contiguous() for k, v in out.items()}


def run(kind, out, images, image_dir):
    base = f"{out}/{kind}"
    os.makedirs(f"{base}/cases", exist_ok=True)
    tok = layout.tokenizer()
    cfg = layout.config(kind, tok, hidden=HIDDEN, inter=448, layers=4, heads=8, kv_heads=2, mrope=[4, 6, 6],
                        vision=VISION[kind], tie=False, max_position=2048)
    shutil.rmtree(f"{base}/hf", ignore_errors=True)
    layout.write_common(f"{base}/hf", tok, cfg, MIN_PX, MAX_PX)
    model = CLS[kind](transformers.AutoConfig.from_pretrained(f"{base}/hf")).float()
    seeded_weights(model, tok, 20_26)
    layout.write_weights(f"{base}/hf", published_names(model.state_dict()))

    load = lambda t: CLS[kind].from_pretrained(f"{base}/hf", dtype=t, attn_implementation="sdpa").eval()
    models = {"fp32": load(torch.float32), "bf16": load(torch.bfloat16)}
    a, b = models["fp32"].state_dict(), model.state_dict()
    assert all(torch.equal(a[k], b[k]) for k in a), "reload differs"
    proc = AutoProcessor.from_pretrained(f"{base}/hf")
    pil = Qwen2VLImageProcessorPil.from_pretrained(f"{base}/hf")
    hf_tok = AutoTokenizer.from_pretrained(f"{base}/hf")

    tensors, info = {}, {}
    for name in images:
        rgb = load_rgb(images, image_dir, name)
        p = pil(images=[rgb], return_tensors="pt")
        f = proc.image_processor(images=[rgb], return_tensors="pt")
        assert torch.equal(p["image_grid_thw"], f["image_grid_thw"])
        tensors[f"{name}.pixel_values"] = p["pixel_values"]
        tensors[f"{name}.pixel_values_torchvision"] = f["pixel_values"]
        for k, m in models.items():
            with torch.no_grad():
                e = m.model.get_image_features(p["pixel_values"], p["image_grid_thw"]).pooler_output[0]
            tensors[f"{name}.embeds.{k}"] = e.contiguous()
        t, h, w = p["image_grid_thw"][0].tolist()
        info[name] = {**images[name], "grid_thw": [t, h, w], "tokens": t * h * w // 4,
                      "processor_max_abs_diff_torchvision": (p["pixel_values"] - f["pixel_values"]).abs().max().item(),
                      "embeds_bf16_vs_fp32_max_abs_diff":
                          (tensors[f"{name}.embeds.bf16"].float() - tensors[f"{name}.embeds.fp32"]).abs().max().item()}
        if kind == "qwen2_5_vl":
            info[name].update(window_info(models["fp32"], p["image_grid_thw"]))
    save_file(tensors, f"{base}/images.safetensors")
    json.dump(info, open(f"{base}/images.json", "w"), indent=1)

    index = {}
    for name, conv in cases().items():
        names = [c["name"] for m in conv if isinstance(m["content"], list) for c in m["content"] if c["type"] == "image"]
        text = hf_tok.apply_chat_template(conv, tokenize=False, add_generation_prompt=True,
                                          chat_template=layout.CHAT_TEMPLATE)
        expanded, order = "", iter(names)
        for part in text.split("<|image_pad|>"):
            n = next(order, None)
            expanded += part + ("<|image_pad|>" * info[n]["tokens"] if n else "")
        ids = torch.tensor([hf_tok(expanded)["input_ids"]])
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids),
                  "mm_token_type_ids": (ids == cfg["image_token_id"]).int()}
        if names:
            inputs["pixel_values"] = torch.cat([tensors[f"{n}.pixel_values"] for n in names])
            inputs["image_grid_thw"] = torch.tensor([info[n]["grid_thw"] for n in names])
            check = proc(text=[text], images=[load_rgb(images, image_dir, n) for n in names], return_tensors="pt")
            assert torch.equal(check["input_ids"], ids) and torch.equal(check["mm_token_type_ids"],
                                                                         inputs["mm_token_type_ids"])
        index[name] = golden(models, name, conv, text, inputs, names, base, tensors)
    json.dump(index, open(f"{base}/cases.json", "w"), indent=1)

    conv = cases()["one_odd_after"]
    b = proc(text=[hf_tok.apply_chat_template(conv, tokenize=False, add_generation_prompt=True)],
             images=[load_rgb(images, image_dir, "odd")], return_tensors="pt")
    b["pixel_values"] = tensors["odd.pixel_values"]
    save_file(debug(models["fp32"], dict(b)), f"{base}/debug.safetensors")


def golden(models, name, conv, text, inputs, names, base, tensors):
    m = models["fp32"].model
    if names:
        rope = {k: inputs[k] for k in ("input_ids", "mm_token_type_ids", "image_grid_thw",
                                       "attention_mask") if k in inputs}
        pos, delta = m.get_rope_index(**rope)
        pos, delta = pos[:, 0], int(delta[0, 0])
    else:
        pos, delta = torch.arange(inputs["input_ids"].shape[1]).expand(3, -1), 0
    rec = {"conversation": conv, "prompt": text, "images": names, "prompt_tokens": inputs["input_ids"].shape[1],
           "rope_delta": delta}
    ts = {"input_ids": inputs["input_ids"][0].int(), "position_ids": pos.int().contiguous()}
    for k, model in models.items():
        toks, logits, margin = greedy(model, inputs)
        rec[k] = {"tokens": toks, "margins": [round(x, 5) for x in margin], "min_margin": round(min(margin), 5)}
        ts[f"logits.{k}"] = logits[0].clone()
        along = forced(model, inputs, rec["fp32"]["tokens"])
        if k == "fp32":
            steps = logits
            # the cache path must equal the whole-sequence path
            if name in ALL_STEPS:
                ts["step_logits.fp32"] = logits
            if names:  # what a server that resizes with torchvision (transformers 5's default, vLLM) answers
                tv = torch.cat([tensors[f"{n}.pixel_values_torchvision"] for n in names])
                t2, _, m2 = greedy(model, dict(inputs, pixel_values=tv))
                rec["fp32_torchvision"] = {"tokens": t2, "margins": [round(x, 5) for x in m2]}
            else:
                rec["fp32_torchvision"] = {"tokens": toks, "margins": [round(x, 5) for x in margin]}
            rec["cache_vs_full_max_abs_diff"] = (along - logits).abs().max().item()
        else:
            rec["bf16_noise_max_abs"] = (along - steps).abs().max().item()
        if names and k == "fp32":  # the tower on all pictures at once must equal the tower on each
            e = model.model.get_image_features(inputs["pixel_values"], inputs["image_grid_thw"]).pooler_output
            rec["embeds_batched_vs_single_max_abs_diff"] = max(
                (x - tensors[f"{n}.embeds.fp32"]).abs().max().item() for x, n in zip(e, names))
    same = [a == b for a, b in zip(rec["fp32"]["tokens"], rec["bf16"]["tokens"])]
    rec["bf16_equals_fp32_for"] = same.index(False) if False in same else NEW
    save_file(ts, f"{base}/cases/{name}.safetensors")
    json.dump(rec, open(f"{base}/cases/{name}.json", "w"), indent=1, ensure_ascii=False)
    return {"images": names, "prompt_tokens": rec["prompt_tokens"], "min_margin_fp32": rec["fp32"]["min_margin"],
            "bf16_equals_fp32_for": rec["bf16_equals_fp32_for"]}


def window_info(model, grid):
    from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as q
    import transformers.vision_utils as vu
    fn = getattr(q, "get_vision_window_index", None) or vu.get_vision_window_index
    v = model.model.visual
    idx, cu = fn(grid, spatial_merge_size=v.spatial_merge_size, window_size=v.window_size, patch_size=v.patch_size)
    return {"window_index": idx.tolist(), "cu_window_seqlens": [int(x) for x in cu]}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default="../goldens")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    images = make_images(args.out + "/images")
    for kind in CLS:
        run(kind, args.out, images, args.out + "/images")
    json.dump({"torch": torch.__version__, "transformers": transformers.__version__, "threads": torch.get_num_threads(),
               "new_tokens": NEW}, open(args.out + "/versions.json", "w"), indent=1)


if __name__ == "__main__":
    main()
