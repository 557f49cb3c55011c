import MQTT
import Memory
import Support
import Testing

@testable import Broker

// What a listener asks of its Clients.

@Test func onlyVersionsThatAreAcceptedComeIn() throws {
  for accepted in Version.allCases {
    let policy = World.policy {
      var versions = VersionSet.none
      versions.insert(ProtocolVersion(rawValue: accepted.rawValue) ?? .v5)
      $0.listeners[0].acceptedVersions = versions
    }
    for version in Version.allCases {
      let world = World(policy)
      let client = try #require(world.open(version))
      let code: UInt8 = version == accepted ? 0 : version == .v5 ? 0x84 : 1
      #expect(client.ask(Packet.connect("a", version)) == [.connack(present: false, code: code)])
      #expect(client.isOpen == (version == accepted))
    }
  }
}

@Test func otherListenersTakeOtherVersions() {
  let world = World(World.policy { $0.listeners[0].acceptedVersions = .none })
  #expect(world.connect("a", listener: 1).isOpen)
}

@Test func everyIdentifierHasThePrefix() throws {
  let policy = World.policy { $0.clientIdentifierPrefix = $0.text("home-") }
  for (name, code) in [("home-1", 0), ("home-", 0), ("home", 0x87), ("x-home-", 0x87)]
    as [(String, UInt8)]
  {
    let client = try #require(World(policy).open())
    #expect(client.ask(Packet.connect(name)) == [.connack(present: false, code: code)], "\(name)")
  }
  let old = try #require(World(policy).open(.v3_1_1))
  #expect(old.ask(Packet.connect("x", .v3_1_1)) == [.connack(present: false, code: 5)])
}

@Test func anAssignedIdentifierNeedsThePrefixToo() throws {
  for (prefix, code) in [("home-auto-", 0), ("auto-", 0x87)] as [(String, UInt8)] {
    let world = World(
      World.policy {
        $0.clientIdentifierPrefix = $0.text("home-")
        $0.listeners[0].automaticIdentifierPrefix = $0.text(prefix)
      })
    let client = try #require(world.open())
    #expect(client.ask(Packet.connect("")).first == .connack(present: false, code: code))
    #expect(client.isOpen == (code == 0))
  }
}

@Test func theUserNameMayBeTheIdentifier() throws {
  let policy = World.policy { $0.listeners[0].usesUserNameAsClientIdentifier = true }
  let world = World(policy)
  let first = try #require(world.open())
  #expect(
    first.ask(Packet.connect("x", userName: "ann")).first == .connack(present: false, code: 0))
  let second = try #require(world.open())
  #expect(
    second.ask(Packet.connect("", userName: "ann")).first == .connack(present: false, code: 0))
  #expect(!first.isOpen && world.count(.sessionTakenOver) == 1)
  for name in [nil, ""] as [String?] {
    let client = try #require(world.open())
    #expect(
      client.ask(Packet.connect("x", userName: name)) == [.connack(present: false, code: 0x87)])
  }
}

@Test func anonymityIsAMatterOfTheListener() throws {
  let world = World(World.policy { $0.listeners[1].allowsAnonymous = false })
  #expect(world.connect("a").isOpen)
  let client = try #require(world.open(listener: 1))
  #expect(client.ask(Packet.connect("b")) == [.connack(present: false, code: 0x87)])
}

@Test func sessionsAndConnectionsHaveALimitOfTheConfiguration() throws {
  let world = World(
    World.policy {
      $0.maximumConnections = 2
      $0.maximumSessions = 3
    })
  let first = world.connect("a", .v5, clean: false, .sessionExpiry(100))
  world.connect("b", .v5, clean: false, .sessionExpiry(100), listener: 1)
  let third = try #require(world.open(listener: 1))
  #expect(third.ask(Packet.connect("c")) == [.connack(present: false, code: 0x97)])
  first.lose()
  world.connect("c").lose()
  world.connect("c", .v5, clean: false, .sessionExpiry(100)).lose()
  // Three sessions: a fourth is refused, one that is there comes back.
  let fourth = try #require(world.open())
  #expect(fourth.ask(Packet.connect("d")) == [.connack(present: false, code: 0x89)])
  // 3.x has a code for it that Mosquitto does not send.
  for version in [Version.v3_1, .v3_1_1] {
    let older = try #require(world.open(version))
    #expect(older.ask(Packet.connect("e", version)).isEmpty && !older.isOpen)
  }
  world.connect("a", .v5, clean: false, .sessionExpiry(100), present: true)
}

@Test func whatTLSHasProvedMayBeTheIdentifier() throws {
  let world = World(
    World.policy {
      $0.listeners[0].usesUserNameAsClientIdentifier = true
      $0.listeners[0].usesIdentityAsUserName = true
    })
  let watcher = world.connect("w", listener: 1)
  #expect(watcher.subscribe("will") == 0)
  var crowd: [Client] = []
  for _ in 0..<2 {
    let client = try #require(world.open())
    world.broker.identify(client.handle, as: "thing".bytes.span)
    let will = WillMessage(topic: "will", qos: 1)
    client.send(Packet.connect("", will: will, userName: "else"))
    #expect(client.isOpen)
    #expect(client.inbound.dropFirst(11).prefix(5) == "thing".bytes[...])
    crowd.append(client)
  }
  // The second took the place of the first, whose Will was published on the way.
  #expect(!crowd[0].isOpen && world.used("sessions") == 2 && watcher.texts() == ["gone"])
  let nobody = try #require(world.open())
  #expect(
    nobody.ask(Packet.connect("x", userName: "else")) == [.connack(present: false, code: 0x87)])
}
