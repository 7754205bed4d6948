package dev.epd.runtime.roles;

import dev.epd.contract.v1.DescribeRequest;
import dev.epd.contract.v1.NodeDescription;
import dev.epd.contract.v1.NodeGrpc;
import io.grpc.stub.StreamObserver;

/** Says who this process is. */
final class NodeService extends NodeGrpc.NodeImplBase {
  private final NodeDescription description;

  NodeService(NodeDescription description) {
    this.description = description;
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<NodeDescription> observer) {
    observer.onNext(description);
    observer.onCompleted();
  }
}
