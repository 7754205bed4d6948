package dev.epd.runtime.roles;

import dev.epd.contract.ErrorKind;
import dev.epd.contract.RoleException;
import dev.epd.contract.v1.Grid;
import dev.epd.contract.v1.PrefillRequest;
import dev.epd.modelspec.ImageGrid;
import dev.epd.modelspec.ImageSpan;
import dev.epd.modelspec.ModelSpec;
import java.util.ArrayList;
import java.util.List;

/** A prompt that fits the model and its pictures, or a refusal in words. */
record PromptCheck(int[] ids, List<ImageSpan> images) {
  /**
   * @param maxContext tokens of prompt and answer together
   * @throws RoleException CONTEXT_TOO_LONG or INVALID_REQUEST
   */
  static PromptCheck of(ModelSpec spec, int maxContext, PrefillRequest request) {
    int[] ids = request.getInputIdsList().stream().mapToInt(Integer::intValue).toArray();
    if (ids.length >= maxContext) {
      throw new RoleException(
          ErrorKind.CONTEXT_TOO_LONG,
          "the prompt has %d tokens, images included; %d is the limit with its answer"
              .formatted(ids.length, maxContext));
    }
    require(ids.length > 0, "the prompt is empty");
    int vocabulary = spec.config().text().vocabSize();
    for (int id : ids) {
      require(id >= 0 && id < vocabulary, "token " + id + " is not in the vocabulary");
    }
    int max = spec.limits().maxImagesPerRequest();
    require(request.getImagesCount() <= max, "more than " + max + " images");
    return new PromptCheck(ids, spans(spec, request, ids));
  }

  private static List<ImageSpan> spans(ModelSpec spec, PrefillRequest request, int[] ids) {
    int placeholder = spec.config().tokens().image();
    List<ImageSpan> spans = new ArrayList<>();
    int end = 0;
    int covered = 0;
    for (var image : request.getImagesList()) {
      ImageGrid grid = grid(image.getGrid(), spec.preprocessor().mergeSize());
      ImageSpan span = new ImageSpan(spans.size(), image.getOffset(), grid);
      require(
          image.getTokens() == span.tokens(),
          "image %d has %d placeholders, its grid gives %d"
              .formatted(spans.size(), image.getTokens(), span.tokens()));
      require(
          span.offset() >= end && (long) span.offset() + span.tokens() <= ids.length,
          "images overlap, are not in order or leave the prompt");
      for (int i = span.offset(); i < span.end(); i++) {
        require(ids[i] == placeholder, "token " + i + " is no placeholder of an image");
      }
      end = span.end();
      covered += span.tokens();
      spans.add(span);
    }
    int placeholders = 0;
    for (int id : ids) {
      placeholders += id == placeholder ? 1 : 0;
    }
    require(placeholders == covered, "the prompt has placeholders of no image");
    return List.copyOf(spans);
  }

  private static ImageGrid grid(Grid grid, int merge) {
    require(grid.getT() == 1, "only still images are supported");
    try {
      ImageGrid checked = new ImageGrid(1, grid.getH(), grid.getW(), merge);
      checked.patches();
      return checked;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new RoleException(ErrorKind.INVALID_REQUEST, "an image's grid is impossible", e);
    }
  }

  private static void require(boolean good, String problem) {
    if (!good) {
      throw new RoleException(ErrorKind.INVALID_REQUEST, problem);
    }
  }
}
