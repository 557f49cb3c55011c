import MQTT
import Memory
import Support
import Testing

@testable import Broker

/// Two brokers joined by a visitor in each, as a bridge would: no byte of a packet is written.
///
/// What one visitor is given the other publishes, under the same Packet Identifier; it is acknowledged
/// where it came from only when the other broker has it.
private final class Cable {
  let near: Visitor
  let far: Visitor
  private var carried = 0
  private var told = 0
  private let nearHouse: House

  init(from nearHouse: House, to farHouse: House, filter: String) throws {
    self.nearHouse = nearHouse
    near = nearHouse.visitor("cable", address: 9, sessionExpiry: 1000)
    far = farHouse.visitor("cable", address: 9)
    near.acknowledges = false
    _ = try near.subscribe(to: filter, 1)
  }

  func carry() {
    for message in near.given.dropFirst(carried) {
      far.publish("far/" + message.topic, message.payload, message.qos)
    }
    carried = near.given.count
    for answer in far.answers.dropFirst(told) {
      guard case .acknowledged(.puback, let packetIdentifier, _) = answer else { continue }
      var work = Work(100)
      // The far side counts from one, as the near side gives.
      near.say(.puback, near.given[Int(packetIdentifier) - 1].packetIdentifier, &work)
    }
    told = far.answers.count
  }
}

@Suite struct CableTests {
  @Test func twoHousesAreJoined() throws {
    let (near, far) = (House(House.policy { $0.maximumInFlight = 3 }), House())
    let cable = try Cable(from: near, to: far, filter: "out/#")
    let reader = far.visitor("reader")
    _ = try reader.subscribe(to: "far/#", 1)
    let writer = near.visitor("writer")
    let payloads = (0..<100).map { [UInt8($0), 255] }
    for payload in payloads { writer.publish("out/t", payload) }
    for _ in 0..<2000 where reader.given.count < 100 {
      near.turn()
      cable.carry()
      far.turn()
    }
    #expect(reader.given.map(\.payload) == payloads)
    #expect(reader.given.allSatisfy { $0.topic == "far/out/t" })
    near.rest()
    cable.carry()
    near.rest()
    #expect(near.used { $0.messages.messageOccupancy } == 0)
  }

  /// What the far side has not acknowledged is kept, and is brought by the next cable.
  @Test func nothingIsLostWhenItBreaks() throws {
    let near = House()
    let writer = near.visitor("writer")
    let first = try Cable(from: near, to: House(), filter: "out/#")
    for number in 0..<10 { writer.publish("out/t", [UInt8(number)]) }
    near.rest()
    #expect(first.near.given.count == 10)
    first.near.leave()
    near.rest()
    let again = near.visitor("cable", address: 9, sessionExpiry: 1000, isCleanStart: false)
    near.rest()
    #expect(again.answers.first == .connected(.success, isSessionPresent: true))
    #expect(again.given.map(\.payload) == (0..<10).map { [UInt8($0)] })
  }
}
