#!/usr/bin/env python3
"""Judges a trained checkpoint with Hugging Face transformers on held-out pictures (native sizes, generate(), greedy
exact match of the whole answer), checks the training script's forward pass against theirs, and with --write saves 24
pictures with questions, answers and transformers' tokens.

  eval_shapes.py CHECKPOINT [PICTURES] [--dtype float32] [--write DIR]
"""
import argparse
import json
import os
import random
import time

import torch
from safetensors.torch import load_file
from transformers import AutoProcessor, Qwen2_5_VLForConditionalGeneration

import layout
import train_shapes as ts

SEED, KEPT, COMPARED = 987_654, 24, 12  # pictures written, pictures on which the two forward passes are compared


def ask(proc, net, img, question):
    """The model's inputs, its tokens, the logits of each step, and the least margin between the two best."""
    conv = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    prompt = proc.apply_chat_template(conv, tokenize=False, add_generation_prompt=True)
    inputs = proc(text=[prompt], images=[img], return_tensors="pt")
    with torch.no_grad():
        got = net.generate(**inputs, max_new_tokens=24, do_sample=False, return_dict_in_generate=True,
                           output_logits=True)
    tokens = got.sequences[0, inputs["input_ids"].shape[1]:].tolist()
    best = torch.stack([x[0].float() for x in got.logits]).topk(2).values
    return inputs, tokens, got.logits, (best[:, 0] - best[:, 1]).min().item()


@torch.no_grad()
def our_logits(ours, start, inputs):
    """First-token logits of the training script's own forward pass on the same inputs."""
    _, h, w = inputs["image_grid_thw"][0].tolist()
    px = inputs["pixel_values"].view(-1, 3, 2, 196)[:, :, 0].reshape(1, -1, 588)
    pic = ours.visual(px, h // 2, w // 2)
    return ours.logits(ours(pic, inputs["input_ids"], h // 2, w // 2, start)[0, -1])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("ckpt")
    ap.add_argument("pictures", nargs="?", type=int, default=150)
    ap.add_argument("--dtype", default="float32")
    ap.add_argument("--write")
    args = ap.parse_args()
    proc = AutoProcessor.from_pretrained(args.ckpt)
    net = Qwen2_5_VLForConditionalGeneration.from_pretrained(args.ckpt, dtype=getattr(torch, args.dtype)).eval()
    ours = ts.VLM(layout.PADDED_VOCAB, **ts.TEXT, vision=ts.VISION)
    ours.load_state_dict({k: v.float() for k, v in load_file(args.ckpt + "/model.safetensors").items()})
    start = len(ts.Text().head)
    if args.write:
        os.makedirs(args.write, exist_ok=True)

    rng, hit, out, worst, begin = random.Random(SEED), {}, [], 0.0, time.time()
    sizes = [(a, b) for a in range(2, 9) for b in range(2, 9)]
    for i in range(args.pictures):
        gh, gw = rng.choice(sizes)
        img, qa, _ = ts.scene(rng, *ts.native_size(rng, gh, gw))
        if args.write and i < KEPT:
            img.save(f"{args.write}/{i:02d}.png")
        for q, a in qa:
            inputs, tokens, logits, margin = ask(proc, net, img, q)
            said = proc.tokenizer.decode(tokens, skip_special_tokens=True)
            side = "<=112" if max(gh, gw) <= 4 else "<=168" if max(gh, gw) <= 6 else "<=224"
            for key in (" ".join(q.split()[:2]), "all", "px" + side):
                hit.setdefault(key, []).append(said == a)
            if i < KEPT:
                out.append({"picture": f"{i:02d}.png", "size": img.size, "grid": inputs["image_grid_thw"][0].tolist(),
                            "question": q, "answer": a, "said": said, "tokens": tokens, "margin": round(margin, 3),
                            "prompt_tokens": inputs["input_ids"].shape[1]})
            if i < COMPARED and args.dtype == "float32":
                worst = max(worst, (our_logits(ours, start, inputs) - logits[0][0]).abs().max().item())

    res = {k: [round(sum(v) / len(v), 4), len(v)] for k, v in sorted(hit.items())}
    print(json.dumps(res), f"our forward pass against transformers: largest logit difference {worst:.2e}; "
                           f"{time.time() - begin:.0f}s")
    if args.write:
        json.dump({"dtype": args.dtype, "items": out, "accuracy": res}, open(f"{args.write}/items.json", "w"), indent=1)


if __name__ == "__main__":
    main()
