import Memory
import Support
import Testing

@testable import Broker

/// The other end of a connection.
final class Client {
  private let world: World
  let handle: Handle<Connection>
  let version: Version
  private(set) var isOpen = true
  /// It does not read: the network takes nothing more for it.
  var isDeaf = false {
    didSet { listen() }
  }
  private var outbound: [UInt8] = []
  private(set) var inbound: [UInt8] = []
  var unread: [SentPacket] = []
  /// What its CONNACK said besides.
  private(set) var welcome = Properties.none
  /// How many bytes arrive at once.
  var piece = Int.max
  /// The network cannot look at what was not received.
  var isHidden = false

  init(_ world: World, _ handle: Handle<Connection>, _ version: Version) {
    self.world = world
    self.handle = handle
    self.version = version
  }

  /// Has bytes to send when the broker turns next.
  func queue(_ bytes: [UInt8]) { outbound += bytes }

  /// Sends bytes and lets the broker turn.
  func send(_ bytes: [UInt8]) {
    outbound += bytes
    world.turn()
  }

  /// All packets that came since the last time, once nothing moves.
  func answers() -> [SentPacket] {
    world.turn()
    return arrived()
  }

  /// All packets that came since the last time, without letting the broker turn.
  func arrived() -> [SentPacket] {
    defer { unread = [] }
    if version == .v5, let said = Decoder.welcome(in: inbound) { welcome = said }
    return unread + Decoder.packets(from: &inbound, version)
  }

  /// The PUBLISH packets that came since the last time; other packets are thrown away.
  func deliveries() -> [Delivered] {
    answers().compactMap { answer in
      if case .publish(let delivered) = answer { return delivered }
      return nil
    }
  }

  /// The texts of the messages that came since the last time.
  func texts() -> [String] { deliveries().map(\.text) }

  /// How many bytes the broker has not taken yet.
  var unsentCount: Int { outbound.count }

  /// The network breaks.
  func lose() {
    guard isOpen else { return }
    world.broker.connectionLost(handle, "a test broke it")
    world.turn()
  }

  /// Sends the packet and returns what comes back.
  func ask(_ bytes: [UInt8]) -> [SentPacket] {
    send(bytes)
    return answers()
  }

  func subscribe(_ filter: String, _ options: UInt8 = 0, _ properties: Properties = .none) -> UInt8
  {
    let answers = ask(Packet.subscribe([(filter, options)], version, identifier: 77, properties))
    for answer in answers {
      if case .suback(77, let codes) = answer, codes.count == 1 {
        unread = answers.filter { $0 != answer }
        return codes[0]
      }
    }
    Issue.record("\(answers) has no SUBACK")
    return 0xFF
  }

  func publish(
    _ topic: String, _ text: String, qos: UInt8 = 0, identifier: Int = 0, retain: Bool = false,
    _ properties: Properties = .none
  ) {
    send(
      Packet.publish(
        topic, text.bytes, version, qos: qos, identifier: identifier, retain: retain, properties))
  }

  /// Whether the network finds it ready to be read.
  var isReady: Bool {
    isOpen && !outbound.isEmpty && (world.broker[handle].heed != .nothing || hasWhole)
  }

  /// Gives the broker what it has room for.
  func deliver(_ work: inout Work) {
    let room = world.broker.receiveRoom(of: handle)
    guard room > 0 else { return }
    work.pay(WorkPrice.systemCall)
    let count = min(room, outbound.count, piece)
    guard count > 0 else { return }
    var target = world.broker.receiveTarget(of: handle, room: room)
    for place in 0..<count { target[place] = outbound[place] }
    outbound.removeFirst(count)
    world.broker.receive(count, on: handle, &work)
  }

  /// Whether all is there of a packet for which the broker has no blocks.
  var hasWhole: Bool {
    let count = world.broker.wantedWhole(of: handle)
    return !isHidden && count > 0 && count <= outbound.count
  }

  /// Lets the broker take a packet for which it has no blocks, if all of it is there.
  func deliverWhole(_ work: inout Work) {
    guard hasWhole else { return }
    let count = world.broker.wantedWhole(of: handle)
    var target = world.broker.receiveTarget(of: handle, room: count)
    for place in 0..<count { target[place] = outbound[place] }
    if world.broker.receiveWhole(count, on: handle, &work) { outbound.removeFirst(count) }
  }

  /// Takes bytes that the broker has for it.
  func take(_ bytes: some Sequence<UInt8>) { inbound += bytes }

  private func listen() {
    guard isOpen, !isDeaf else { return }
    world.broker.unblock(handle)
  }

  func close() {
    isOpen = false
    outbound = []
    world.forget(self)
  }
}
