/**
 * Qwen2.5-VL: the vision tower with window attention and the Qwen2 decoder with multimodal rotary
 * positions, as TorchScript text plus the plans (windows, rotary tables, masks) that Java computes
 * for it. Names and arithmetic follow {@code modeling_qwen2_5_vl.py} of Hugging Face transformers.
 */
@NullMarked
package dev.epd.runtime.model.qwen25vl;

import org.jspecify.annotations.NullMarked;
