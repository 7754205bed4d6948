package dev.epd.systemtest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;

/** The arrows of docs/adr/0001: they point down, and nothing points at a program. */
@AnalyzeClasses(packages = "dev.epd", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {

  @ArchTest
  static final ArchRule ARROWS_POINT_DOWN =
      Architectures.layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("api")
          .definedBy("dev.epd.api..")
          .layer("planner")
          .definedBy("dev.epd.planner..")
          .layer("autoscaler")
          .definedBy("dev.epd.autoscaler..")
          .layer("contract")
          .definedBy("dev.epd.contract..")
          .layer("modelspec")
          .definedBy("dev.epd.modelspec..")
          .layer("transfer")
          .definedBy("dev.epd.transfer..")
          .layer("runtime")
          .definedBy("dev.epd.runtime..")
          .layer("gateway")
          .definedBy("dev.epd.gateway..")
          .layer("onebox")
          .definedBy("dev.epd.onebox..")
          .layer("operator")
          .definedBy("dev.epd.operator..")
          .layer("runtime-image")
          .definedBy("dev.epd.runtimeimage..")
          .whereLayer("operator")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("runtime-image")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("onebox")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("gateway")
          .mayOnlyBeAccessedByLayers("runtime-image")
          .whereLayer("runtime")
          .mayOnlyBeAccessedByLayers("runtime-image")
          .whereLayer("transfer")
          .mayOnlyBeAccessedByLayers("runtime", "gateway", "runtime-image")
          .whereLayer("modelspec")
          .mayOnlyBeAccessedByLayers("runtime", "gateway", "runtime-image")
          .whereLayer("contract")
          .mayOnlyBeAccessedByLayers("transfer", "runtime", "gateway", "runtime-image")
          .whereLayer("autoscaler")
          .mayOnlyBeAccessedByLayers("operator")
          .whereLayer("planner")
          .mayOnlyBeAccessedByLayers("operator")
          .whereLayer("api")
          .mayOnlyBeAccessedByLayers("planner", "operator");

  @ArchTest
  static final ArchRule THE_GATEWAY_SEES_KUBERNETES_IN_ONE_PLACE =
      noClasses()
          .that()
          .resideInAPackage("dev.epd.gateway..")
          .and()
          .resideOutsideOfPackage("dev.epd.gateway.endpoints.kubernetes..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");

  @ArchTest
  static final ArchRule THE_RUNTIME_SEES_NO_KUBERNETES =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.epd.runtime..",
              "dev.epd.contract..",
              "dev.epd.transfer..",
              "dev.epd.modelspec..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");

  @ArchTest
  static final ArchRule ONLY_THE_TENSOR_LAYER_KNOWS_THE_ENGINE =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.epd.runtime.tensor..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.pytorch..");

  @ArchTest
  static final ArchRule NOTHING_IS_DESERIALISED_NATIVELY =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream");
}
