package dev.epd.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.epd.operator.ApiRequestMetrics.Asked;
import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiRequestMetricsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET    | /api/v1/pods                                                | list pods
          GET    | /api/v1/namespaces/a/pods?limit=100                         | list pods
          GET    | /api/v1/namespaces/a/pods/p                                 | get pods
          GET    | /api/v1/namespaces/a                                        | get namespaces
          GET    | /api/v1/namespaces                                          | list namespaces
          GET    | /api/v1/namespaces/a/pods?watch=true&resourceVersion=1      | watch pods
          GET    | /apis/epd.dev/v1alpha1/epdpools?allowWatchBookmarks=true&watch=true | watch epdpools
          POST   | /api/v1/namespaces/a/events                                 | create events
          PUT    | /apis/coordination.k8s.io/v1/namespaces/a/leases/l          | update leases
          PATCH  | /apis/epd.dev/v1alpha1/namespaces/a/epdpools/p/scale        | patch epdpools/scale
          PATCH  | /apis/apps/v1/namespaces/a/deployments/d?fieldManager=x     | patch deployments
          DELETE | /apis/apps/v1/namespaces/a/deployments/d                    | delete deployments
          GET    | /version                                                    | get other
          GET    | /apis/epd.dev/v1alpha1                                      | get other
          GET    | /                                                           | get other
          """)
  void aRequestIsNamedAsRightsNameIt(String method, String uri, String named) {
    Asked asked = Asked.of(method, URI.create("https://10.0.0.1:6443" + uri));
    assertThat(asked.verb() + " " + asked.resource()).isEqualTo(named);
  }
}
