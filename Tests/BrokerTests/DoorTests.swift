import MQTT
import Memory
import Support
import Testing

@testable import Broker

/// The door for Clients in the same process.
@Suite struct DoorTests {
  @Test func aVisitorIsTaughtWhatAClientIs() throws {
    let house = House()
    let reader = house.visitor("reader")
    #expect(try reader.subscribe(to: "a/+") == ReasonCode(rawValue: 1))
    let writer = house.visitor("writer")
    writer.publish("a/b", [1, 2, 3])
    writer.publish("nobody/wants", [])
    house.rest()
    #expect(reader.answers == [.connected(.success, isSessionPresent: false)])
    #expect(reader.given.map(\.topic) == ["a/b"])
    #expect(reader.given.map(\.payload) == [[1, 2, 3]])
    #expect(
      writer.answers == [
        .connected(.success, isSessionPresent: false),
        .acknowledged(.puback, packetIdentifier: 1, .success),
        .acknowledged(.puback, packetIdentifier: 2, .noMatchingSubscribers),
      ])
    #expect(try reader.unsubscribe(from: "a/+") == .success)
    #expect(try reader.unsubscribe(from: "a/+") == .noSubscriptionExisted)
  }

  @Test func whatIsNoFilterIsThrown() {
    let house = House()
    let visitor = house.visitor("visitor")
    #expect(throws: MalformedPacket.topicFilterWildcard) { try visitor.subscribe(to: "a#") }
    #expect(throws: MalformedPacket.topicFilterEmpty) { try visitor.unsubscribe(from: "") }
    let isLive = house.broker.isLive(visitor.connection)
    #expect(isLive)
  }

  @Test(arguments: [QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func allComeOnceAndInOrder(_ qos: QoS) throws {
    let house = House()
    let reader = house.visitor("reader")
    _ = try reader.subscribe(to: "#", qos.rawValue)
    let writer = house.visitor("writer")
    let payloads = (0..<200).map { [UInt8($0)] }
    for payload in payloads { writer.publish("t", payload, qos) }
    house.rest()
    #expect(reader.given.map(\.payload) == payloads)
    #expect(reader.given.allSatisfy { $0.qos == qos })
    #expect(house.used { $0.messages.messageOccupancy } == 0)
  }

  /// A session waits for a visitor as for any Client, with what is retained and what was under way.
  @Test func aSessionWaits() throws {
    let house = House()
    let first = house.visitor("reader", sessionExpiry: 100)
    _ = try first.subscribe(to: "t", 1)
    first.acknowledges = false
    let writer = house.visitor("writer")
    writer.publish("t", [1])
    house.rest()
    first.leave()
    writer.publish("t", [2])
    house.rest()
    #expect(first.hasLeft)
    let second = house.visitor("reader", sessionExpiry: 0, isCleanStart: false)
    house.rest()
    #expect(second.answers.first == .connected(.success, isSessionPresent: true))
    #expect(second.given.map(\.payload) == [[1], [2]])
  }

  @Test func retainedMessagesCome() throws {
    let house = House()
    let writer = house.visitor("writer")
    for number in 0..<100 { writer.publish("r/\(number)", [UInt8(number)], isRetained: true) }
    house.rest()
    let reader = house.visitor("reader")
    _ = try reader.subscribe(to: "r/#")
    house.rest()
    #expect(Set(reader.given.map(\.payload)) == Set((0..<100).map { [UInt8($0)] }))
    #expect(reader.given.allSatisfy { $0.isRetained })
  }

  /// The same Client comes again: the first is told so, and his place is free.
  @Test func aVisitorIsTakenOver() {
    let house = House()
    let first = house.visitor("one")
    let second = house.visitor("one")
    house.rest()
    #expect(first.answers.last == .disconnected(.sessionTakenOver))
    #expect(first.hasLeft)
    #expect(second.answers == [.connected(.success, isSessionPresent: false)])
    #expect(house.used { $0.connections.occupancy } == 1)
  }

  @Test func whoeverIsRefusedIsTold() {
    let policy = House.policy {
      $0.clientIdentifierPrefix = $0.texts.keep(Array("house-".utf8).span) ?? .none
    }
    let house = House(policy)
    let visitor = house.visitor("stranger")
    house.rest()
    #expect(visitor.answers == [.connected(.notAuthorized, isSessionPresent: false)])
    #expect(visitor.hasLeft)
    #expect(house.used { $0.connections.occupancy } == 0)
  }

  /// A visitor who fetches nothing fills his own queue; the others notice nothing of it.
  @Test func whoFetchesNothingHarmsNobody() throws {
    let policy = House.policy { $0.maximumQueued = 20 }
    let house = House(policy)
    let sleeper = house.visitor("sleeper", address: 2)
    _ = try sleeper.subscribe(to: "#")
    sleeper.fetches = false
    let reader = house.visitor("reader", address: 3)
    _ = try reader.subscribe(to: "#")
    let writer = house.visitor("writer", address: 4)
    for number in 0..<200 {
      writer.publish("t", [UInt8(number)])
      if number % 10 == 9 { house.rest() }
    }
    #expect(reader.given.count == 200)
    #expect(writer.answers.count == 201)
    #expect(sleeper.given.isEmpty)
    sleeper.leave()
    house.rest()
    #expect(house.used { $0.messages.messageOccupancy } == 0)
    #expect(house.used { $0.sessions.deliveryOccupancy } == 0)
  }

  /// `queue_full reject`: as a Client of 5.0 he is told what was not taken, and nothing else is lost.
  @Test func whatIsNotTakenIsSaid() throws {
    let policy = House.policy {
      $0.whenQueueIsFull = .reject
      $0.maximumQueued = 4
      $0.maximumInFlight = 4
    }
    let house = House(policy)
    let reader = house.visitor("reader", address: 2)
    _ = try reader.subscribe(to: "t")
    reader.fetches = false
    let writer = house.visitor("writer", address: 3)
    for number in 0..<40 { writer.publish("t", [UInt8(number)]) }
    house.rest()
    let refused = writer.answers.filter {
      guard case .acknowledged(.puback, _, .quotaExceeded) = $0 else { return false }
      return true
    }
    #expect(refused.count == 32)
    reader.fetches = true
    house.broker.callUp(reader.connection)
    house.rest()
    #expect(reader.given.map(\.payload) == (0..<8).map { [UInt8($0)] })
  }

  /// One subscription less than a turn has work for, and many more: the answer comes when all have it.
  @Test(arguments: [10, 3000]) func manyReaders(_ count: Int) throws {
    let house = House(House.policy { $0.maximumQueued = 10_000 }) {
      $0.turnWork = 16_000
      $0.subscriptions = 8000
      $0.sharedGroups = 8000
      $0.topicNodes = 40_000
      $0.textBlocks = 40_000
      $0.deliveries = 40_000
      $0.messages = 40_000
      $0.messageBlocks = 40_000
    }
    let reader = house.visitor("reader", address: 2)
    for number in 0..<count { _ = try reader.subscribe(to: "$share/g\(number)/t") }
    let writer = house.visitor("writer", address: 3)
    writer.publish("t", [7])
    writer.publish("t", [8])
    house.rest()
    #expect(reader.given.count == 2 * count)
    #expect(writer.answers.last == .acknowledged(.puback, packetIdentifier: 2, .success))
    // What comes behind one that takes several turns is brought again.
    #expect((writer.waits > 0) == (count > 1000))
    // His turn has its bound, whatever he began.
    let turnWork = house.broker.turnWork
    #expect(house.largestTurn <= turnWork)
  }

  @Test func afterAllHaveGoneEveryTableIsEmpty() throws {
    var random = Random(seed: 3)
    let house = House()
    for round in 0..<20 {
      var visitors: [Visitor] = []
      for number in 0..<8 {
        let visitor = house.visitor("v\(number)", address: UInt32(1 + number % 3))
        visitor.acknowledges = random.below(2) == 0
        visitor.fetches = random.below(3) > 0
        _ = try visitor.subscribe(to: "t/\(random.below(4))/#", UInt8(random.below(3)))
        visitors.append(visitor)
      }
      for _ in 0..<50 {
        let qos = QoS(rawValue: UInt8(random.below(3))) ?? .atMostOnce
        visitors[random.below(8)].publish("t/\(random.below(4))/\(round)", [1], qos)
        if random.below(5) == 0 { house.turn() }
      }
      for visitor in visitors { visitor.leave() }
      house.rest()
      #expect(visitors.allSatisfy { $0.hasLeft })
    }
    #expect(house.used { $0.connections.occupancy } == 0)
    #expect(house.used { $0.sessions.occupancy } == 0)
    #expect(house.used { $0.subscriptions.occupancy } == 0)
    #expect(house.used { $0.messages.messageOccupancy } == 0)
    #expect(house.used { $0.departures.blocks.occupancy } == 0)
    #expect(house.used { $0.owners.occupancy } == 0)
    #expect(house.used { $0.texts.occupancy } == 0)
  }
}
