import FuzzSupport
import MQTT
import Memory
import Server

@testable import Broker

/// A server with its clients.
final class World {
  private static let arena = Arena(byteCount: 4 << 20)

  private let wire = Wire()
  private let profile: Profile
  private var server: Server<FakeNetwork, FakeClock, FakeConsole, FakeHasher>
  private var peers = [Peer?](repeating: nil, count: 8)
  private var hasStopped = false

  init(_ profile: Profile) {
    self.profile = profile
    wire.policy = profile.policy
    let beginning = Instant(milliseconds: wire.now)
    var broker = World.arena.carve { region in
      Broker(
        limits: profile.limits, policy: profile.policy, seed: 42, at: beginning, in: &region)
    }
    if profile.beginsLate { broker.subscriptions.windUp() }
    server = Server(
      broker: broker, network: FakeNetwork(wire), clock: FakeClock(wire: wire),
      console: FakeConsole(wire: wire), hasher: FakeHasher())
    server.start(Reloaded(policy: profile.policy, logLevels: 127))
  }

  /// One event: bits 0 to 3 say which, 4 to 6 whose; without bit 7 the server has its turns then.
  func step(_ input: inout FuzzSupport.Input) {
    let event = input.byte()
    let number = Int(event >> 4 & 7)
    switch event & 15 {
    case 0, 1: send(input.take(Int(input.byte())), number)
    case 2, 3: send(Canned.packet(input.byte(), input.take(Int(input.byte()))), number)
    case 4: send(Canned.connect(input.byte(), input.byte()), number)
    case 5: publish(&input, number)
    case 6: send(Canned.subscribe(input.byte(), input.byte(), version(of: number)), number)
    case 7: send(Canned.unsubscribe(input.byte(), version(of: number)), number)
    case 8: acknowledge(input.byte(), number)
    case 9: end(number, isBroken: input.byte() & 1 != 0)
    case 10: wire.now += 1 << UInt64(input.byte() & 31)
    case 11: peers[number]?.window = Int(input.byte())
    case 12: peers[number]?.piece = Int(input.byte()) + 1
    case 13: peers[number]?.window = Int.max
    case 14: peers[number]?.sendAnswers()
    default: request(input.byte())
    }
    if event & 128 == 0 { turn() }
  }

  private func version(of number: Int) -> UInt8 { peers[number]?.version ?? 4 }

  /// Sends on the client's connection, on a new one if it has none.
  private func send(_ bytes: [UInt8], _ number: Int) {
    peer(number).inbound += bytes
  }

  private func peer(_ number: Int) -> Peer {
    if let peer = peers[number], !peer.isEnded, !peer.isBroken { return peer }
    let peer = Peer()
    peers[number] = peer
    wire.arriving.append(peer)
    return peer
  }

  private func publish(_ input: inout FuzzSupport.Input, _ number: Int) {
    let shape = input.byte()
    let identifier = input.byte()
    let packet = Canned.publish(
      shape, identifier: identifier, size: input.byte(), version(of: number))
    send(packet, number)
  }

  private func acknowledge(_ shape: UInt8, _ number: Int) {
    let kind: [UInt8] = [0x40, 0x50, 0x62, 0x70]
    send(Canned.packet(kind[Int(shape & 3)], [0, shape >> 2 & 15]), number)
  }

  private func end(_ number: Int, isBroken: Bool) {
    guard let peer = peers[number] else { return }
    if isBroken { peer.isBroken = true } else { peer.isEnded = true }
  }

  private func request(_ shape: UInt8) {
    switch shape & 7 {
    case 0: wire.requests.append(.report)
    case 1: wire.requests.append(.reload)
    case 7 where shape == 255:
      wire.requests.append(.stop)
      hasStopped = true
    default: break
    }
  }

  /// As many turns as may go by in which something goes on and nothing of it is to be seen.
  private static let mostTurns = 512

  /// Turns until nothing moves any more, and then it has to be patient.
  private func turn() {
    var rest = World.mostTurns
    repeat {
      wire.hasMoved = false
      server.turn()
      learnVersions()
      for peer in peers { peer?.readPackets() }
      rest = wire.hasMoved ? World.mostTurns : rest - 1
    } while !wire.isPatient && rest > 0
    require(rest > 0, "the server turns and nothing moves")
    checkSums()
  }

  private func learnVersions() {
    for (place, peer) in wire.peers {
      guard let handle = server.broker.connection(at: place) else { continue }
      let connection = server.broker[handle]
      if connection.state == .established { peer.version = connection.version.rawValue }
    }
  }

  private func checkSums() {
    require(server.broker.arrivals.promised >= 0, "promised blocks")
    require(server.broker.connections.occupancy.used == wire.peers.count, "connections")
  }

  /// Ends everything, and looks what is left.
  func finish() {
    for peer in wire.peers.values { peer.isBroken = true }
    wire.arriving = []
    turn()
    // Whatever was chosen before, everybody may come in now who is to end something.
    wire.policy = Policy.patient(profile.limits)
    wire.requests.append(.reload)
    turn()
    endSessions()
    // What is left may expire: retained messages after an hour, or as late as they say.
    for hours in [1, 1, 1_300_000, 1, 1] as [UInt64] where !usedPools.isEmpty {
      wire.now += hours * 3_600_000 + 1000
      turn()
    }
    // Sessions outlive a server that has stopped, and it refuses the clients that would end them.
    let kept: Set = [
      "sessions", "text blocks", "subscriptions", "topic levels", "shared groups",
      "messages", "message blocks", "deliveries", "retained messages", "retained levels", "owners",
    ]
    let left = usedPools.filter { !hasStopped || !kept.contains($0.key) }
    require(left.isEmpty, "in use: \(left)")
    require(server.broker.arrivals.promised == 0, "promised: \(server.broker.arrivals.promised)")
    require(server.broker.statistics.clientsConnected == 0, "clients connected")
    if !hasStopped { checkService() }
  }

  /// Connects for each session that is left with Clean Start, and disconnects. [MQTT-3.1.2-4]
  private func endSessions() {
    for slot in 0..<profile.limits.sessions {
      guard let session = server.broker.sessions.session(at: slot) else { continue }
      var name: [UInt8] = []
      let text = server.broker.sessions[session].clientIdentifier
      server.broker.texts.forEachPiece(of: text, atMost: Int.max) { piece in
        for index in piece.indices { name.append(piece[index]) }
        return true
      }
      peers[0] = nil
      send(Canned.goodbye(name), 0)
      turn()
    }
  }

  /// The next client is served.
  private func checkService() {
    peers[0] = nil
    send(Canned.connect(4 | 1, 0), 0)
    turn()
    send(Canned.subscribe(0, 1, 4), 0)
    send(Canned.publish(8, identifier: 1, size: 5, 4), 0)
    turn()
    let answers = peers[0]?.answers ?? []
    require(answers == [[0x40, 2, 0, 1]], "not served: \(answers)")
  }

  /// The pools of which something is in use.
  private var usedPools: [String: Int] {
    var pools: [String: Int] = [:]
    for number in 0..<Broker.poolCount {
      guard let pool = server.broker.pool(number) else { continue }
      if pool.occupancy.used > 0 { pools[pool.name.description] = pool.occupancy.used }
    }
    return pools
  }
}
