import Board
import MQTT
import Memory
import Support

@testable import Broker

/// A broker that nobody comes to by a network, with turns as a server has them.
final class House {
  var broker: Broker
  private(set) var now = Instant(milliseconds: 1_000_000)
  private var visitors: [Visitor] = []
  /// Work that the largest turn of a visitor took.
  private(set) var largestTurn = 0

  init(_ policy: Policy = House.policy(), change: (inout Limits) -> Void = { _ in }) {
    var limits = World.limits
    limits.messages = 1000
    limits.messageBlocks = 2000
    limits.deliveries = 1000
    change(&limits)
    let (beginning, chosen) = (now, limits)
    broker = carved { Broker(limits: chosen, policy: policy, seed: 7, at: beginning, in: &$0) }
    broker.advance(to: now)
    broker.adopt(policy, levels: 0)
  }

  /// The configuration's defaults, without `$SYS`.
  static func policy(_ change: (inout Policy) -> Void = { _ in }) -> Policy {
    var policy = Policy()
    policy.systemInterval = 0
    for listener in policy.listeners.indices {
      policy.listeners[listener].maximumConnections = 1000
    }
    change(&policy)
    return policy
  }

  /// A visitor whose peer is at `address`; it comes in under `name`.
  func visitor(
    _ name: String, address: UInt32 = 1, sessionExpiry: UInt32 = 0, isCleanStart: Bool = true
  ) -> Visitor {
    let visitor = Visitor(of: self, Peer(version4: address, port: 1))
    visitor.connect(name, sessionExpiry: sessionExpiry, isCleanStart: isCleanStart)
    visitors.append(visitor)
    return visitor
  }

  /// Every visitor who has something to do has a turn, and so has what is done by and by.
  func turn() {
    broker.advance(to: now)
    var work = Work(broker.turnWork)
    for _ in 0..<broker.arrivals.agendaCount {
      guard let (connection, credit) = broker.nextTurn(&work) else { break }
      var share = credit
      visitors.first { $0.connection == connection }?.visit(&share)
      largestTurn = max(largestTurn, share.paid)
      broker.endTurn(of: connection, share, &work)
    }
    var rest = Work(broker.turnWork)
    broker.tend(&rest)
  }

  /// Has turns until nobody has anything to do.
  func rest() {
    for _ in 0..<100_000 {
      turn()
      if !broker.isBusy { return }
    }
    preconditionFailure("there is no end to it")
  }

  /// How much of a table is in use.
  func used(_ table: (borrowing Broker) -> Occupancy) -> Int { table(broker).used }

  func wait(seconds: UInt64) {
    now = now.adding(seconds: seconds)
    broker.advance(to: now)
    rest()
  }
}

/// Somebody in the same process: what he wants to do is done when he has his turn.
final class Visitor {
  struct Message: Equatable {
    var topic: String
    var payload: [UInt8]
    var qos = QoS.atLeastOnce
    var isRetained = false
    var packetIdentifier: UInt16 = 0
  }

  let connection: Handle<Connection>
  /// What he was told, and what he was given.
  private(set) var answers: [VisitorAnswer] = []
  private(set) var given: [Message] = []
  /// Whether he acknowledges what he is given, and fetches it.
  var acknowledges = true
  var fetches = true
  private(set) var hasLeft = false
  /// What he has still to publish.
  private(set) var outbox: [Message] = []
  /// Exchanges of QoS 2 that are not over.
  private var underWay = 0
  /// Times that he had to bring something again.
  private(set) var waits = 0
  private let house: House
  private var next: UInt16 = 1

  init(of house: House, _ peer: Peer) {
    self.house = house
    guard let place = house.broker.open(listener: 0, peer: peer, transport: .inside) else {
      preconditionFailure("there is no place")
    }
    connection = place
  }

  func connect(_ name: String, sessionExpiry: UInt32, isCleanStart: Bool) {
    let bytes = Array(name.utf8)
    var work = Work(1000)
    do {
      let connect = try Connect(
        clientIdentifier: Field(start: 0, count: bytes.count), isCleanStart: isCleanStart,
        sessionExpiry: sessionExpiry, in: bytes.span)
      house.broker.take(connect, bytes.span, on: connection, &work)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  func subscribe(to filter: String, _ options: UInt8 = 1) throws -> ReasonCode {
    var work = Work(1000)
    guard let options = SubscriptionOptions(rawValue: options) else { return .unspecifiedError }
    return try house.broker.subscribe(
      to: Array(filter.utf8).span, options, on: connection, &work)
  }

  func unsubscribe(from filter: String) throws -> ReasonCode {
    var work = Work(1000)
    return try house.broker.unsubscribe(from: Array(filter.utf8).span, on: connection, &work)
  }

  func publish(
    _ topic: String, _ payload: [UInt8], _ qos: QoS = .atLeastOnce, isRetained: Bool = false
  ) {
    var message = Message(topic: topic, payload: payload, qos: qos, isRetained: isRetained)
    if qos > .atMostOnce {
      message.packetIdentifier = next
      next = next == .max ? 1 : next + 1
    }
    outbox.append(message)
    house.broker.callUp(connection)
  }

  func leave() {
    house.broker.take(Disconnect(reason: .normalDisconnection), on: connection)
  }

  /// His turn.
  func visit(_ work: inout Work) {
    while let answer = house.broker.nextAnswer(on: connection) { take(answer, &work) }
    if fetches { fetch(&work) }
    guard house.broker.isLive(connection) else { return release() }
    while !work.isSpent, let message = outbox.first, underWay < 20 {
      guard bring(message, &work) else {
        waits += 1
        return
      }
      outbox.removeFirst()
      if message.qos == .exactlyOnce { underWay += 1 }
    }
    if !outbox.isEmpty && underWay < 20 { house.broker.callUp(connection) }
  }

  private func release() {
    guard !hasLeft else { return }
    hasLeft = true
    house.broker.release(connection)
  }

  private func take(_ answer: VisitorAnswer, _ work: inout Work) {
    answers.append(answer)
    guard case .acknowledged(let type, let packetIdentifier, let reason) = answer else { return }
    switch type {
    case .pubrec where !reason.isError: say(.pubrel, packetIdentifier, &work)
    case .pubrel: say(.pubcomp, packetIdentifier, &work)
    case .pubrec, .pubcomp: underWay -= 1
    default: return
    }
  }

  func say(_ type: PacketType, _ packetIdentifier: UInt16, _ work: inout Work) {
    let packet = Acknowledgement(
      type, packetIdentifier: packetIdentifier, reason: .success, version: .v5)
    _ = house.broker.take(packet, on: connection, &work)
  }

  private func fetch(_ work: inout Work) {
    while let message = house.broker.nextMessage(for: connection, &work) {
      var cursor = message.start
      let topic = read(message.topicCount, from: &cursor)
      _ = read(message.propertiesCount, from: &cursor)
      let payload = read(message.payloadCount, from: &cursor)
      given.append(
        Message(
          topic: String(decoding: topic, as: UTF8.self), payload: payload, qos: message.qos,
          isRetained: message.isRetained, packetIdentifier: message.packetIdentifier))
      house.broker.giveBack(message)
      guard acknowledges, message.qos > .atMostOnce else { continue }
      say(message.qos == .atLeastOnce ? .puback : .pubrec, message.packetIdentifier, &work)
    }
  }

  private func read(_ count: Int, from cursor: inout ChainCursor) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var target = bytes.mutableSpan
    house.broker.read(&cursor, into: &target)
    return bytes
  }

  private func bring(_ message: Message, _ work: inout Work) -> Bool {
    let topic = Array(message.topic.utf8)
    let bytes = topic + message.payload
    do {
      let publish = try Publish(
        topic: Field(start: 0, count: topic.count),
        payload: Field(start: topic.count, count: message.payload.count), qos: message.qos,
        isRetained: message.isRetained, packetIdentifier: message.packetIdentifier,
        in: bytes.span)
      return house.broker.take(publish, bytes.span, on: connection, &work)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
