import Memory
import Support
import Testing

@testable import Broker

// Listener 1 is mounted at `home/`, listener 2 at `away/`, listener 0 nowhere.

private func world() -> World {
  World(
    World.policy {
      $0.listeners[1].mountPoint = $0.text("home/")
      $0.listeners[2].mountPoint = $0.text("away/")
    })
}

private func topics(_ client: Client) -> [String] { client.deliveries().map(\.topic) }

@Test(arguments: Version.allCases, [0, 1, 2] as [UInt8])
func whatIsMountedIsSeenUnderItsWholeName(version: Version, qos: UInt8) {
  let world = world()
  let outside = world.connect("o", version)
  let inside = world.connect("i", version, listener: 1)
  let neighbour = world.connect("n", version, listener: 1)
  let away = world.connect("a", version, listener: 2)
  for client in [outside, inside, neighbour, away] { #expect(client.subscribe("#", qos) == qos) }
  inside.publish("t", "x", qos: qos, identifier: 9)
  #expect(topics(outside) == ["home/t"])
  #expect(topics(inside) == ["t"] && topics(neighbour) == ["t"])
  outside.publish("home/a/b", "x", qos: qos, identifier: 9)
  #expect(topics(inside) == ["a/b"] && topics(outside) == ["home/a/b"])
  outside.publish("t", "x", qos: qos, identifier: 10)
  #expect(topics(inside) == [] && topics(away) == [] && topics(outside) == ["t"])
}

@Test func filtersAreMounted() {
  let world = world()
  let inside = world.connect("i", listener: 1)
  let outside = world.connect("o")
  #expect(inside.subscribe("+/x", 1) == 1)
  outside.publish("home/1/x", "x")
  outside.publish("1/x", "x")
  #expect(topics(inside) == ["1/x"])
  #expect(inside.ask(Packet.unsubscribe(["+/x", "y"])) == [.unsuback(1, [0, 0x11])])
  outside.publish("home/1/x", "x")
  #expect(topics(inside) == [] && world.used("subscriptions") == 0)
}

@Test func sharedFiltersAreMountedBehindTheirGroup() {
  let world = world()
  let inside = world.connect("i", listener: 1)
  let outside = world.connect("o")
  #expect(inside.subscribe("$share/g/x", 1) == 1)
  #expect(outside.subscribe("$share/g/home/x", 1) == 1)
  for _ in 0..<4 { outside.publish("home/x", "x") }
  #expect(topics(inside) == ["x", "x"] && topics(outside) == ["home/x", "home/x"])
}

@Test func whatMatchesWithoutLyingUnderTheMountPointIsNotSent() {
  let world = world()
  let inside = world.connect("i", listener: 1)
  let outside = world.connect("o")
  #expect(inside.subscribe("#", 1) == 1)
  // `home/#` matches its parent too, and a name with an empty last level.
  for (identifier, topic) in ["home", "home/"].enumerated() {
    outside.publish(topic, "x")
    outside.publish(topic, "x", qos: 1, identifier: identifier + 1)
  }
  outside.publish("home/a", "last", qos: 1, identifier: 9)
  #expect(inside.deliveries().map(\.topic) == ["a"])
}

@Test func wills() {
  let world = world()
  let outside = world.connect("o")
  #expect(outside.subscribe("#") == 0)
  world.connect("i", will: WillMessage(topic: "w", isRetained: true), listener: 1).lose()
  #expect(topics(outside) == ["home/w"])
  let inside = world.connect("j", listener: 1)
  #expect(inside.subscribe("w") == 0 && topics(inside) == ["w"])
}

@Test func retainedMessages() {
  let world = world()
  let inside = world.connect("i", listener: 1)
  inside.publish("r/1", "x", retain: true)
  let other = world.connect("j", listener: 1)
  #expect(other.subscribe("r/#", 1) == 1 && topics(other) == ["r/1"])
  let away = world.connect("a", listener: 2)
  #expect(away.subscribe("r/#", 1) == 1 && topics(away) == [])
  inside.publish("r/1", "", retain: true)
  #expect(world.used("retained messages") == 0)
}

@Test func aliasesStandForTheNameThatTheClientKnows() {
  let world = world()
  let inside = world.connect("i", .v5, .topicAliasMaximum(2), listener: 1)
  let publisher = world.connect("p", listener: 1)
  #expect(inside.subscribe("#") == 0)
  publisher.publish("t", "1", .topicAlias(1))
  publisher.publish("", "2", .topicAlias(1))
  publisher.publish("t", "3", qos: 1, identifier: 3)
  let got = inside.deliveries()
  #expect(got.map(\.topic) == ["t", "", ""] && got.map(\.text) == ["1", "2", "3"])
}

@Test func aNameThatIsTooLongBehindTheMountPointIsRefused() throws {
  let world = world()
  let long = String(repeating: "x", count: 996)
  let inside = world.connect("i", listener: 1)
  #expect(inside.subscribe(long) == 0x8F)
  #expect(inside.subscribe(String(long.dropLast())) == 0)
  inside.publish(String(long.dropLast()), "x")
  #expect(topics(inside) == [String(long.dropLast())])
  inside.publish(long, "x")
  #expect(inside.answers() == [.disconnect(0x90)] && !inside.isOpen)
  let client = try #require(world.open(listener: 1))
  let will = Packet.connect("w", will: WillMessage(topic: long))
  #expect(client.ask(will) == [.connack(present: false, code: 0x90)])
}

@Test func aMountPointWithoutASlashMakesSomeFiltersInvalid() {
  let world = World(World.policy { $0.listeners[1].mountPoint = $0.text("home") })
  let inside = world.connect("i", listener: 1)
  #expect(inside.subscribe("#") == 0x8F && inside.subscribe("+/a") == 0x8F)
  #expect(inside.subscribe("/a") == 0)
  world.connect("o").publish("home/a", "x")
  #expect(topics(inside) == ["/a"])
}

@Test func theServersTopicsAreBehindTheMountPoint() {
  let world = World(
    World.policy {
      $0.systemInterval = 10
      $0.listeners[1].mountPoint = $0.text("home/")
    })
  let inside = world.connect("i", listener: 1)
  #expect(inside.subscribe("$SYS/#") == 0)
  world.pass(seconds: 11)
  #expect(topics(inside) == [])
}

@Test func whatWasQueuedUnderAnotherMountPointIsNotShown() {
  let world = world()
  let inside = world.connect("i", .v5, clean: false, .sessionExpiry(100), listener: 1)
  #expect(inside.subscribe("t", 1) == 1)
  inside.lose()
  world.connect("o").publish("home/t", "x", qos: 1, identifier: 1)
  let back = world.connect("i", .v5, clean: false, .sessionExpiry(100), present: true, listener: 2)
  #expect(topics(back) == [] && world.count(.messageDropped) == 1)
  #expect(world.used("messages") == 0 && world.used("deliveries") == 0)
}
