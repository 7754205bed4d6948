package dev.epd.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where the model comes from: a union, exactly one member is set. */
@ApiType
@ValidationRule(
    value =
        "(has(self.pvc) ? 1 : 0) + (has(self.image) ? 1 : 0) + (has(self.huggingFace) ? 1 : 0) == 1",
    message =
        "model.source needs exactly one source: set pvc with the claim, image with the OCI image, or"
            + " huggingFace with the repository, that holds the model")
public record ModelSource(
    @JsonPropertyDescription("The model lies on a PersistentVolumeClaim.") @Nullable PvcSource pvc,
    @JsonPropertyDescription("The model lies in an OCI image.") @Nullable ImageModelSource image,
    @JsonPropertyDescription(
            "The model lies in a repository of the Hugging Face hub; every pod fetches it before it"
                + " starts.")
        @Nullable HuggingFaceSource huggingFace) {

  /** The model's folder inside the volume or image; null: its root. */
  public @Nullable String path() {
    if (pvc != null) {
      return pvc.path();
    }
    return image == null ? null : image.path();
  }
}
