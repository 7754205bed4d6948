package dev.epd.planner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.api.v1alpha1.Condition;
import dev.epd.api.v1alpha1.Condition.Status;
import dev.epd.api.v1alpha1.ConditionType;
import dev.epd.api.v1alpha1.EPDPool;
import dev.epd.api.v1alpha1.EPDPoolStatus;
import dev.epd.api.v1alpha1.Reason;
import dev.epd.api.v1alpha1.Role;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private static final Map<String, Integer> TWO_WAYS =
      Map.of("unauthenticated", 1, "model_fingerprint", 2, "role", 0);

  @Test
  void aRoleOfWhichNoGatewayUsesAPodComesFirst() {
    Refusals refusals =
        Refusals.of(
            List.of(
                seen("g2", Map.of(Role.ENCODER, 1, Role.DECODE, 0), Role.DECODE, TWO_WAYS),
                seen("g1", Map.of(Role.ENCODER, 1, Role.DECODE, 0), Role.ENCODER, TWO_WAYS)),
            0);
    assertThat(problem(refusals).reason()).isEqualTo(Reason.RoleRefused);
    assertThat(problem(refusals).message())
        .startsWith(
            "g2 gives no work to ready decode pods (model_fingerprint: 2, unauthenticated: 1). ");
  }

  @Test
  void oneGatewayThatUsesPodsIsEnough() {
    Refusals refusals =
        Refusals.of(
            List.of(
                seen("g1", Map.of(Role.DECODE, 0), Role.DECODE, TWO_WAYS),
                seen("g2", Map.of(Role.DECODE, 1), Role.DECODE, Map.of())),
            0);
    assertThat(problem(refusals).reason()).isEqualTo(Reason.PodsRefused);
    assertThat(problem(refusals).message()).startsWith("g1 gives no work");
  }

  @Test
  void aGatewayThatDoesNotAnswerMayStillServe() {
    List<Refusals.Seen> refuses =
        List.of(seen("g1", Map.of(Role.DECODE, 0), Role.DECODE, TWO_WAYS));
    assertThat(problem(Refusals.of(refuses, 0)).reason()).isEqualTo(Reason.RoleRefused);
    assertThat(problem(Refusals.of(refuses, 1)).reason()).isEqualTo(Reason.PodsRefused);
  }

  /** As while a role is added: those of before give its pods no work, and need none. */
  @Test
  void aGatewayThatKnowsNoSuchRoleLacksNone() {
    Refusals refusals =
        Refusals.of(
            List.of(
                seen("new", Map.of(Role.ENCODER, 0), Role.ENCODER, TWO_WAYS),
                new Refusals.Seen("old", Map.of(Role.DECODE, 1), Map.of())),
            0);
    assertThat(problem(refusals).reason()).isEqualTo(Reason.PodsRefused);
  }

  @Test
  void aGatewayThatHasNoPodsRefusesNone() {
    List<Refusals.Seen> idle =
        List.of(seen("g", Map.of(Role.DECODE, 0), Role.DECODE, Map.of("role", 0)));
    assertThat(Refusals.of(idle, 0)).isEqualTo(Refusals.NONE);
    assertThat(Refusals.of(idle, 1)).isEqualTo(Refusals.UNKNOWN);
    assertThat(Refusals.of(List.of(), 0)).isEqualTo(Refusals.UNKNOWN);
  }

  @Test
  void whatWasSaidStandsUntilGatewaysAreHeardAgain() {
    EPDPool pool = StatusFixtures.pool(Role.GATEWAY, 1);
    assertThat(degraded(pool, Refusals.UNKNOWN)).isEmpty();
    Refusals some = new Refusals.Some(new Problem(Reason.PodsRefused, "as it is"), false);
    assertThat(degraded(pool, some))
        .hasValueSatisfying(
            c -> {
              assertThat(c.status()).isEqualTo(Status.True);
              assertThat(c.reason()).isEqualTo("PodsRefused");
            });
    pool.setStatus(status(pool, some));
    assertThat(degraded(pool, Refusals.UNKNOWN)).isEqualTo(degraded(pool, some));
    assertThat(degraded(pool, Refusals.NONE)).isEmpty();
    assertThat(degraded(StatusFixtures.pool(Role.GATEWAY, 0), some)).isEmpty();
  }

  /** Of two gateways that use no decode pod one falls silent: nobody serves for that. */
  @Test
  void aRoleThatIsLostIsUsedAgainOnlyByTheWordOfAll() {
    EPDPool pool = StatusFixtures.pool(Role.GATEWAY, 1);
    Refusals role = new Refusals.Some(new Problem(Reason.RoleRefused, "none"), true);
    Problem pods = new Problem(Reason.PodsRefused, "one");
    pool.setStatus(status(pool, role));
    assertThat(degraded(pool, new Refusals.Some(pods, false))).isEqualTo(degraded(pool, role));
    assertThat(degraded(pool, new Refusals.Some(pods, true)))
        .hasValueSatisfying(c -> assertThat(c.reason()).isEqualTo("PodsRefused"));
  }

  private static Optional<Condition> degraded(EPDPool pool, Refusals refusals) {
    return ConditionFactory.find(status(pool, refusals).conditions(), ConditionType.Degraded);
  }

  private static EPDPoolStatus status(EPDPool pool, Refusals refusals) {
    PoolObservation seen =
        new PoolObservation(
            pool,
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            refusals,
            StatusFixtures.NOON);
    return PoolStatusPlanner.status(seen, PoolPlanner.plan(seen), StatusFixtures.CLOCK);
  }

  private static Refusals.Seen seen(
      String gateway, Map<Role, Integer> usable, Role role, Map<String, Integer> why) {
    return new Refusals.Seen(gateway, usable, Map.of(role, why));
  }

  private static Problem problem(Refusals refusals) {
    return ((Refusals.Some) refusals).problem();
  }
}
