/// Collects all retained messages, and removes them.
final class RetainedCollector: Peer {
  private let world: World
  private var wire: Wire?
  private var stream = PacketStream()
  private(set) var topics: [String: [UInt8]] = [:]

  init(world: World) {
    self.world = world
  }

  func start() {
    let wire = world.connect(self, seed: 1)
    self.wire = wire
    var connect = Packet(.connect)
    connect.clientIdentifier = "collector"
    wire.send(connect.encoded(version: 4))
  }

  /// Each topic by one of them, and so that there are levels to find beside and above others. One at a
  /// time, or they may be more than there is room for.
  static let filters = ["+", "+/+/#", "$ostile/#"]

  func subscribe(to filter: String) { request(.subscribe, filter) }

  func unsubscribe(from filter: String) { request(.unsubscribe, filter) }

  private func request(_ kind: Packet.Kind, _ filter: String) {
    var packet = Packet(kind)
    packet.identifier = 1
    packet.requests = [Packet.Request(filter: filter)]
    wire?.send(packet.encoded(version: 4))
  }

  func removeAll() {
    for topic in topics.keys.sorted() {
      var publish = Packet(.publish)
      publish.topic = topic
      publish.isRetained = true
      wire?.send(publish.encoded(version: 4))
    }
  }

  func leave() {
    wire?.send(Packet(.disconnect).encoded(version: 4))
    wire?.abandon()
  }

  func receive(_ bytes: ArraySlice<UInt8>, on wire: Wire) {
    stream.append(bytes)
    while let bytes = try? stream.next() {
      guard let packet = try? Packet(fromServer: bytes, version: 4) else {
        return world.fail("a malformed packet to the collector")
      }
      if packet.kind == .publish && packet.isRetained { topics[packet.topic] = packet.payload }
    }
  }

  func ended(_ wire: Wire) { world.fail("the collector was disconnected") }
}
