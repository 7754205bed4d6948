package dev.epd.autoscaler;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The scaler knows nothing but the language: no Kubernetes, no socket, no clock. */
@AnalyzeClasses(packages = "dev.epd.autoscaler", importOptions = DoNotIncludeTests.class)
class ArrowsTest {
  @ArchTest
  static final ArchRule KNOWS_ONLY_THE_LANGUAGE =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.epd.autoscaler..",
              "java.lang..",
              "java.util",
              "java.util.function..",
              "java.util.stream..",
              "java.time..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule READS_NO_CLOCK =
      noClasses()
          .should()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.time.InstantSource.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class);
}
