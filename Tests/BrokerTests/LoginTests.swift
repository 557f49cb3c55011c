import Foundation
import Support
import Testing

@testable import Broker

/// A line of a password file for a hash that is the password itself.
func passwordLine(_ user: String, _ password: String, iterations: Int = 10) -> String {
  let bytes = password.bytes + [UInt8](repeating: 0, count: 64 - password.utf8.count)
  let digest = Data(bytes).base64EncodedString()
  return "\(user):$7$\(iterations)$AAECAwQFBgcICQoL$\(digest)\n"
}

private let passwords = passwordLine("alice", "secret") + passwordLine("bob", "hunter2")

/// A world in which these users may come in, and nobody else.
private func world(_ text: String = passwords, anonymous: Bool = false) throws -> World {
  let world = World(
    World.policy { policy in
      for listener in 0..<4 { policy.listeners[listener].allowsAnonymous = anonymous }
    })
  try world.take(passwords: text)
  return world
}

/// The code that a CONNECT is answered with; nil while there is none.
private func code(
  _ world: World, _ name: String = "c", _ version: Version = .v5, user: String? = nil,
  password: String? = nil, address: UInt32 = 0
) throws -> UInt8? {
  let client = try #require(world.open(version, address: address))
  let answers = client.ask(Packet.connect(name, version, userName: user, password: password))
  guard case .connack(_, let code)? = answers.first else { return nil }
  #expect(client.isOpen == (code == 0))
  return code
}

@Test(
  arguments: [
    ("alice", "secret", 0, 0), ("bob", "hunter2", 0, 0), ("alice", "hunter2", 0x87, 5),
    ("alice", "", 0x87, 5), ("alice", "secret ", 0x87, 5), ("Alice", "secret", 0x87, 5),
    ("nobody", "secret", 0x87, 5), ("", "secret", 0x87, 5), ("alice", nil, 0x87, 5),
    (nil, nil, 0x87, 5),
  ] as [(String?, String?, UInt8, UInt8)])
func whoComesInIsWhatThePasswordFileSays(
  user: String?, password: String?, code5: UInt8, code3: UInt8
) throws {
  let world = try world()
  #expect(try code(world, user: user, password: password) == code5)
  if user != nil || password == nil {
    #expect(try code(world, "d", .v3_1_1, user: user, password: password) == code3)
  }
  let refused = code5 == 0x87 && user != nil ? 2 : 0 as UInt64
  #expect(world.count(.loginFailed) == refused)
}

@Test func anonymousClientsComeInBesideUsersWhereThatIsAllowed() throws {
  let world = try world(anonymous: true)
  #expect(try code(world) == 0)
  #expect(try code(world, "d", user: "alice", password: "wrong") == 0x87)
  #expect(try code(world, "e", user: "alice", password: "secret") == 0)
}

@Test func anEmptyPasswordFileLetsNoUserIn() throws {
  let world = try world("", anonymous: true)
  #expect(try code(world, user: "alice", password: "secret") == 0x87)
  #expect(try code(world) == 0)
}

@Test func usersOfAListenerAreNotThoseOfAnother() throws {
  let world = World(
    World.policy { policy in
      policy.listeners[1].security = 1
      policy.listeners[0].allowsAnonymous = false
    })
  try world.take(passwords: passwords)
  let client = try #require(world.open(listener: 1))
  // No password file there: a User Name neither helps nor harms.
  #expect(
    client.ask(Packet.connect("a", userName: "x", password: "y"))
      == [.connack(present: false, code: 0)])
  #expect(try code(world, "b", user: "x", password: "y") == 0x87)
}

@Test func loginsAreAnsweredInTheOrderTheyCame() throws {
  let world = try world(passwordLine("a", "p", iterations: 300))
  world.hashIterations = 100
  var clients: [Client] = []
  for number in 0..<4 {
    let client = try #require(world.open())
    client.queue(Packet.connect("c\(number)", userName: "a", password: "p"))
    clients.append(client)
  }
  let plain = world.broker.statistics.clientsConnected
  var counts: [Int] = []
  for _ in 0..<14 {
    _ = world.step()
    counts.append(world.broker.statistics.clientsConnected - plain)
  }
  // Three turns for each.
  #expect(counts == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4])
  for client in clients { #expect(client.answers() == [.connack(present: false, code: 0)]) }
}

@Test func othersAreServedWhileALoginIsHashed() throws {
  let world = try world(passwordLine("a", "p", iterations: 1_000_000), anonymous: true)
  world.hashIterations = 10
  let reader = world.connect("reader")
  #expect(reader.subscribe("t") == 0)
  let slow = try #require(world.open())
  slow.queue(Packet.connect("slow", userName: "a", password: "p"))
  for number in 0..<5 {
    let packet = Packet.publish("t", "\(number)".bytes)
    reader.queue(packet)
    // Each message comes back in the very turn in which it was sent.
    #expect(world.step() && reader.inbound == packet)
    #expect(reader.arrived().count == 1)
  }
  #expect(slow.isOpen && slow.arrived().isEmpty)
}

@Test func whoseLoginIsUnderWayDoesNotGiveWayToAClient() throws {
  let world = World { $0.connections = 40 }
  try world.take(passwords: passwordLine("a", "p", iterations: 300))
  world.hashIterations = 1
  let slow = try #require(world.open(address: 2))
  let will = WillMessage(topic: "w", payload: String(repeating: "w", count: 9000))
  slow.queue(Packet.connect("slow", will: will, userName: "a", password: "p"))
  for _ in 0..<9 { _ = world.step() }
  let held = world.used("receive blocks")
  #expect(held > 1)
  let honest = world.connect("honest", address: 1)
  honest.queue(Packet.publish("t", [UInt8](repeating: 1, count: 18_000), qos: 1, identifier: 1))
  for _ in 0..<3 { _ = world.step() }
  #expect(world.used("receive blocks") > held && slow.isOpen && honest.isOpen)
  #expect(slow.answers() == [.connack(present: false, code: 0)])
  #expect(honest.answers() == [.puback(1, 0x10)])
}

@Test func whatFollowsTheConnectWaitsForItsAnswer() throws {
  // [MQTT-3.1.4-6]
  let world = try world(passwordLine("a", "p", iterations: 300))
  world.hashIterations = 100
  let client = try #require(world.open())
  client.queue(
    Packet.connect("c", userName: "a", password: "p")
      + Packet.subscribe([("t", 0)], identifier: 5)
      + Packet.publish("t", "early".bytes) + Packet.ping)
  let answers = client.answers()
  #expect(answers.count == 4)
  #expect(answers.prefix(2) == [.connack(present: false, code: 0), .suback(5, [0])])
}

@Test func behindARefusedConnectNothingIsDone() throws {
  // [MQTT-3.1.4-6] [MQTT3-3.1.4-5]
  let world = try world()
  let other = world.connect("other", userName: "bob", password: "hunter2")
  #expect(other.subscribe("#") == 0)
  let client = try #require(world.open())
  client.send(
    Packet.connect("c", userName: "alice", password: "no") + Packet.publish("t", "x".bytes))
  #expect(other.texts().isEmpty && !client.isOpen)
}

@Test func aLoginThatTakesTooLongIsClosed() throws {
  let world = try world(passwordLine("a", "p", iterations: 2_000_000_000))
  world.hashIterations = 1
  let client = try #require(world.open())
  client.queue(Packet.connect("c", userName: "a", password: "p"))
  for _ in 0..<5 { _ = world.step() }
  #expect(client.isOpen)
  world.pass(milliseconds: 30_000)
  #expect(!client.isOpen && client.inbound.isEmpty && world.count(.connectTimedOut) == 1)
  // The next one has its turn.
  try world.take(passwords: passwords)
  #expect(try code(world, user: "alice", password: "secret") == 0)
}

@Test func whoGoesAwayLeavesTheQueue() throws {
  let world = try world(passwordLine("a", "p", iterations: 300))
  world.hashIterations = 100
  let base = world.usedPools
  for round in 0..<40 {
    let client = try #require(world.open())
    client.queue(Packet.connect("c\(round)", userName: "a", password: "p"))
    _ = world.step()
    client.lose()
  }
  world.turn()
  #expect(world.usedPools == base)
  #expect(try code(world, user: "a", password: "p") == 0)
}

@Test func theSameAnswerForAllAtOnce() throws {
  let world = try world()
  var clients: [Client] = []
  for number in 0..<12 {
    let client = try #require(world.open(address: UInt32(1 + number)))
    client.queue(
      Packet.connect("c\(number)", userName: "alice", password: number % 3 == 0 ? "secret" : "no"))
    clients.append(client)
  }
  world.turn()
  for (number, client) in clients.enumerated() {
    #expect(client.answers() == [.connack(present: false, code: number % 3 == 0 ? 0 : 0x87)])
  }
  #expect(world.count(.loginFailed) == 8)
}

@Test func wrongPasswordsMakeTheirAddressWait() throws {
  let world = try world()
  for _ in 0..<3 {
    #expect(try code(world, user: "alice", password: "no", address: 9) == 0x87)
  }
  // The right one waits too, and no longer than it must.
  let client = try #require(world.open(address: 9))
  #expect(client.ask(Packet.connect("c", userName: "alice", password: "secret")).isEmpty)
  world.pass(milliseconds: 249)
  #expect(client.isOpen && client.answers().isEmpty)
  // Others do not.
  #expect(try code(world, "d", user: "bob", password: "hunter2", address: 10) == 0)
  #expect(try code(world, "e", user: "bob", password: "hunter2") == 0)
  world.pass(milliseconds: 1)
  #expect(client.answers() == [.connack(present: false, code: 0)])
}

@Test(arguments: Version.allCases)
func anEmptyPasswordIsNone(version: Version) throws {
  // A hash of it lets nobody in, as in Mosquitto, and costs nothing to look at.
  let world = try world(
    passwordLine("a", "", iterations: 1) + passwordLine("b", "p", iterations: 1))
  for user in ["a", "b", "nobody"] {
    let client = try #require(world.open(version))
    client.send(Packet.connect("c", version, userName: user, password: ""))
    world.turn()
    let code = version == .v5 ? 0x87 : 5 as UInt8
    #expect(client.answers() == [.connack(present: false, code: code)])
  }
  #expect(world.count(.loginFailed) == 3)
}

@Test func theWaitIsShorterThanTheTimeToConnect() throws {
  let world = try world()
  for _ in 0..<30 {
    let client = try #require(world.open(address: 9))
    client.send(Packet.connect("c", userName: "alice", password: "no"))
    world.pass(milliseconds: 5000)
    #expect(client.answers() == [.connack(present: false, code: 0x87)])
  }
  #expect(world.count(.connectTimedOut) == 0 && world.count(.loginFailed) == 30)
}

@Test func aReloadDuringALoginDecidesByTheNewFile() throws {
  let world = try world(passwordLine("a", "old", iterations: 300))
  world.hashIterations = 100
  let first = try #require(world.open())
  first.queue(Packet.connect("c", userName: "a", password: "old"))
  let second = try #require(world.open())
  second.queue(Packet.connect("d", userName: "a", password: "new"))
  _ = world.step()
  try world.take(passwords: passwordLine("a", "new", iterations: 5))
  #expect(first.answers() == [.connack(present: false, code: 0x87)])
  #expect(second.answers() == [.connack(present: false, code: 0)])
}

/// What the simulator found: who waited was refused for a password that nobody asks for any more.
@Test func aReloadThatEndsPasswordsLetsThoseInWhoWait() throws {
  let world = try world(passwordLine("a", "old", iterations: 300), anonymous: true)
  world.hashIterations = 100
  let first = try #require(world.open())
  first.queue(Packet.connect("c", userName: "a", password: "old"))
  let second = try #require(world.open())
  second.queue(Packet.connect("d", userName: "a", password: "wrong"))
  _ = world.step()
  world.broker.access.beginFilling()
  world.broker.adopt(World.policy { $0.listeners[0].allowsAnonymous = true }, levels: 0)
  #expect(first.answers() == [.connack(present: false, code: 0)])
  #expect(second.answers() == [.connack(present: false, code: 0)])
}

@Test func aReloadClosesThoseWhoCouldNotComeInAgain() throws {
  let world = try world(passwords, anonymous: true)
  let alice = world.connect("alice", userName: "alice", password: "secret")
  let bob = world.connect("bob", userName: "bob", password: "hunter2")
  let anonymous = world.connect("anonymous")
  try world.take(passwords: passwordLine("alice", "secret") + passwordLine("bob", "changed"))
  #expect(alice.isOpen && anonymous.isOpen)
  #expect(bob.answers() == [.disconnect(0x87)] && !bob.isOpen)
  try world.take(passwords: passwordLine("bob", "changed"))
  #expect(alice.answers() == [.disconnect(0x87)] && anonymous.isOpen)
  world.broker.access.beginFilling()
  world.broker.adopt(World.policy { $0.listeners[0].allowsAnonymous = false }, levels: 0)
  #expect(!anonymous.isOpen || anonymous.answers() == [.disconnect(0x87)])
  #expect(world.count(.noLongerAllowed) == 3)
}

@Test func theNameThatTLSProvedNeedsNoPassword() throws {
  let world = World(
    World.policy { policy in
      policy.listeners[0].usesIdentityAsUserName = true
      policy.listeners[0].allowsAnonymous = false
    })
  try world.take(passwords: passwords, rules: "user device\ntopic d/#\nuser alice\ntopic a/#\n")
  let device = try #require(world.open())
  let name = "device".bytes
  world.broker.identify(device.handle, as: name.span)
  // What the CONNECT says does not count.
  #expect(
    device.ask(Packet.connect("d", userName: "alice", password: "x"))
      == [.connack(present: false, code: 0)])
  #expect(device.subscribe("d/1", 0) == 0 && device.subscribe("a/1", 0) == 0)
  let nobody = try #require(world.open())
  #expect(
    nobody.ask(Packet.connect("n", userName: "alice", password: "secret"))
      == [.connack(present: false, code: 0x86)])
}

@Test func loginsLeaveNothingBehind() throws {
  let world = try world()
  let base = world.usedPools
  let client = world.connect("c", userName: "alice", password: "secret")
  _ = try code(world, user: "alice", password: "no")
  client.lose()
  #expect(world.usedPools == base)
}
