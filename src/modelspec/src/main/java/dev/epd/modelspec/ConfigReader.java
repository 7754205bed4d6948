package dev.epd.modelspec;

import dev.epd.modelspec.safetensors.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reads the JSON settings of a checkpoint directory, in the published flat layout (text settings at
 * the top of config.json) and in the nested one of newer transformers ({@code text_config}, {@code
 * rope_parameters}).
 */
final class ConfigReader {
  private ConfigReader() {}

  static ModelConfig model(Path directory) {
    JsonFile config = JsonFile.read(directory.resolve("config.json"));
    ModelFamily family = family(config);
    ModelConfig.Text text = text(config, config.orSelf("text_config"));
    ModelConfig.Vision vision = vision(config.child("vision_config"));
    if (vision.outHiddenSize() != text.hiddenSize()) {
      throw new ModelSpecException(
          config.path(),
          "vision_config.out_hidden_size is %d but hidden_size is %d; they must be equal"
              .formatted(vision.outHiddenSize(), text.hiddenSize()));
    }
    return new ModelConfig(family, text, vision, tokens(directory, config), dtype(config));
  }

  private static ModelFamily family(JsonFile config) {
    String type = config.text("model_type");
    return ModelFamily.ofModelType(type)
        .orElseThrow(
            () ->
                new ModelSpecException(
                    config.path(),
                    "model_type '%s' is not supported; supported: %s"
                        .formatted(type, ModelFamily.supported())));
  }

  private static ModelConfig.Text text(JsonFile config, JsonFile text) {
    int hidden = text.size("hidden_size");
    int heads = text.size("num_attention_heads");
    int kvHeads = text.size("num_key_value_heads", heads);
    if (heads % kvHeads != 0 || (!text.has("head_dim") && hidden % heads != 0)) {
      throw new ModelSpecException(
          config.path(),
          "hidden_size %d, num_attention_heads %d and num_key_value_heads %d do not divide evenly"
              .formatted(hidden, heads, kvHeads));
    }
    int headDim = text.size("head_dim", hidden / heads);
    if (text.flag("use_sliding_window", false)) {
      throw new ModelSpecException(
          config.path(), "use_sliding_window is true; sliding-window attention is not supported");
    }
    JsonFile rope = text.child(text.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
    List<Integer> sections = rope.integers("mrope_section");
    if (sections.size() != 3
        || sections.stream().mapToInt(Integer::intValue).sum() * 2 != headDim) {
      throw rope.wrong(
          "mrope_section", "three numbers that add up to half the head size " + headDim);
    }
    double theta = (rope.has("rope_theta") ? rope : text).positive("rope_theta");
    boolean tied =
        config.has("tie_word_embeddings")
            ? config.flag("tie_word_embeddings", false)
            : text.flag("tie_word_embeddings", false);
    return new ModelConfig.Text(
        text.size("vocab_size"),
        hidden,
        text.size("intermediate_size"),
        text.size("num_hidden_layers"),
        heads,
        kvHeads,
        headDim,
        theta,
        sections,
        text.positive("rms_norm_eps"),
        tied,
        text.size("max_position_embeddings"));
  }

  private static ModelConfig.Vision vision(JsonFile vision) {
    int hidden = vision.size("hidden_size");
    int heads = vision.size("num_heads");
    int patch = vision.size("patch_size", 14);
    int merge = vision.size("spatial_merge_size", 2);
    int window = vision.size("window_size", 112);
    if (hidden % heads != 0) {
      throw vision.wrong("num_heads", "a divisor of hidden_size " + hidden);
    }
    if (window % (patch * merge) != 0) {
      throw vision.wrong("window_size", "a multiple of patch_size x spatial_merge_size");
    }
    int channels = vision.size(vision.has("in_channels") ? "in_channels" : "in_chans", 3);
    return new ModelConfig.Vision(
        vision.size("depth"),
        hidden,
        vision.size("intermediate_size"),
        vision.size("out_hidden_size"),
        heads,
        channels,
        patch,
        vision.size("temporal_patch_size", 2),
        merge,
        window,
        vision.integers("fullatt_block_indexes"),
        vision.size("tokens_per_second", 2));
  }

  /**
   * Special ids stand at the top in both layouts; the end of an answer is generation_config's to
   * say.
   */
  private static ModelConfig.Tokens tokens(Path directory, JsonFile config) {
    JsonFile text = config.orSelf("text_config");
    Path path = directory.resolve("generation_config.json");
    List<Integer> eos = List.of();
    OptionalInt pad = OptionalInt.empty();
    if (Files.exists(path)) {
      JsonFile generation = JsonFile.read(path);
      eos = generation.ids("eos_token_id");
      pad = generation.optionalId("pad_token_id");
    }
    if (eos.isEmpty()) {
      eos = (config.has("eos_token_id") ? config : text).ids("eos_token_id");
    }
    if (eos.isEmpty()) {
      throw config.wrong("eos_token_id", "set here or in generation_config.json");
    }
    return new ModelConfig.Tokens(
        config.id("image_token_id"),
        config.id("video_token_id"),
        config.id("vision_start_token_id"),
        config.id("vision_end_token_id"),
        (config.has("bos_token_id") ? config : text).optionalId("bos_token_id"),
        pad,
        eos);
  }

  private static DType dtype(JsonFile config) {
    String field = config.has("dtype") ? "dtype" : "torch_dtype";
    return DType.ofTorchName(config.text(field))
        .orElseThrow(() -> config.wrong(field, "float32, float16 or bfloat16"));
  }

  static PreprocessorConfig preprocessor(Path directory, ModelConfig.Vision vision) {
    JsonFile file = JsonFile.read(directory.resolve("preprocessor_config.json"));
    JsonFile size = file.orSelf("size");
    long min = size.pixels("shortest_edge", PreprocessorConfig.DEFAULT_MIN_PIXELS);
    long max = size.pixels("longest_edge", PreprocessorConfig.DEFAULT_MAX_PIXELS);
    PreprocessorConfig config =
        new PreprocessorConfig(
            file.pixels("min_pixels", min),
            file.pixels("max_pixels", max),
            file.size("patch_size", 14),
            file.size("temporal_patch_size", 2),
            file.size("merge_size", 2),
            file.channels("image_mean", PreprocessorConfig.CLIP_MEAN),
            file.channels("image_std", PreprocessorConfig.CLIP_STD));
    if (config.minPixels() > config.maxPixels()) {
      throw new ModelSpecException(file.path(), "min_pixels is larger than max_pixels");
    }
    if (config.std().stream().anyMatch(s -> !(s > 0))) {
      throw file.wrong("image_std", "three positive numbers");
    }
    if (config.patchSize() != vision.patchSize()
        || config.mergeSize() != vision.spatialMergeSize()
        || config.temporalPatchSize() != vision.temporalPatchSize()) {
      throw new ModelSpecException(
          file.path(),
          "patch, merge or temporal patch size differs from config.json's vision_config");
    }
    return config;
  }
}
