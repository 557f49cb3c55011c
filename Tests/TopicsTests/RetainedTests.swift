import MQTT
import Memory
import Support
import Testing

@testable import Topics

@Test(arguments: 0..<5)
func retainedMessagesAnswerAsADictionaryDoes(seed: Int) {
  // [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT3-3.3.1-5] [MQTT3-3.3.1-10]
  var random = Random(seed: UInt64(seed))
  let retained = Retained(count: 6)
  var model: [String: UInt8] = [:]
  let topics = (0..<10).map { "topic/\($0)" } + ["topic", "", "topic/"]
  for step in 0..<600 {
    let topic = topics[random.below(topics.count)]
    if random.oneIn(3) {
      retained.remove(topic)
      model[topic] = nil
    } else {
      let fits = model.count < 6 || model[topic] != nil
      #expect(retained.hasRoom(for: topic) == fits)
      let isRetained = retained.retain(topic, UInt8(step & 0xFF))
      #expect(isRetained == fits)
      if fits { model[topic] = UInt8(step & 0xFF) }
    }
    #expect(retained.used == [model.count, levelCount(of: model.keys, deepest: 16), model.count])
    for topic in topics { #expect(retained.payload(of: topic) == model[topic]) }
    #expect(retained.walk("#").topics == model.keys.sorted())
  }
}

@Test func anExpiredMessageIsNotShownAndItsPlaceIsGivenBack() {
  // [MQTT-3.3.2-5]
  let retained = Retained(count: 2)
  _ = retained.retain("a", 1, seconds: 10)
  _ = retained.retain("b", 2)
  retained.now = retained.now.adding(milliseconds: 9999)
  #expect(retained.walk("+").topics == ["a", "b"] && retained.payload(of: "a") == 1)
  #expect(retained.sweep() == 0)
  retained.now = retained.now.adding(milliseconds: 1)
  #expect(retained.walk("+").topics == ["b"] && retained.payload(of: "a") == nil)
  #expect(retained.walk("a").topics == [])
  #expect(retained.sweep() == 1 && retained.sweep() == 0 && retained.used == [1, 1, 1])
}

@Test func anExpiryIsKeptToTheMillisecond() {
  for milliseconds in [0, 1, UInt64(UInt32.max), 1 << 32, 0xFFFF_FFFF_FFFE] {
    let expiry = Instant(milliseconds: milliseconds)
    var message = RetainedMessage(.null, on: .null, expiring: expiry)
    #expect(message.expiry == expiry)
    message.expiry = .never
    #expect(message.expiry == .never)
  }
  let never = RetainedMessage(.null, on: .null, expiring: Instant(milliseconds: 1 << 48))
  #expect(never.expiry == .never)
}

@Test func aMessageThatReplacesAnExpiredOneTakesItsPlace() {
  let retained = Retained(count: 1)
  _ = retained.retain("a", 1, seconds: 1)
  retained.now = retained.now.adding(seconds: 2)
  #expect(retained.hasRoom(for: "a") && !retained.hasRoom(for: "b"))
  #expect(retained.retain("a", 2) && retained.payload(of: "a") == 2)
  #expect(retained.used == [1, 1, 1])
}

@Test func aRefusalIsCountedByTheTableThatIsFull() {
  let retained = Retained(count: 0)
  #expect(!retained.retain("a", 1) && retained.used == [0, 0, 0])
  retained.index.refuse()
  #expect(retained.index.occupancy.refused == 2 && retained.index.levelOccupancy.refused == 0)
  let flat = Retained(count: 2, levels: 1)
  #expect(flat.retain("a") && !flat.retain("b/c"))
  flat.index.refuse()
  #expect(flat.index.occupancy.refused == 0 && flat.index.levelOccupancy.refused == 2)
}

@Test func thereIsRoomExactlyWhenThereAreLevelsEnough() {
  // In each state so many levels are free as the case says; the topic needs some of them.
  for deepest in [0, 1, 2, 16] {
    for (others, topic) in [
      ([], "a/b/c"), (["a"], "a/b/c"), (["a/x"], "a/b/c"), (["a/b/x"], "a/b/c/d"), (["x"], "$a/b"),
      (["$a/b"], "a"), (["/"], "//"), (["a/b/c/d/e"], "a/b/c/d/e/f/g"),
    ] as [([String], String)] {
      let before = levelCount(of: others, deepest: deepest)
      let after = levelCount(of: others + [topic], deepest: deepest)
      for free in 0...4 {
        let retained = Retained(count: 4, levels: before + free, deepest: deepest)
        for other in others { #expect(retained.retain(other)) }
        let fits = after - before <= free
        #expect(retained.hasRoom(for: topic) == fits)
        #expect(retained.retain(topic) == fits)
        let count = fits ? others.count + 1 : others.count
        #expect(retained.used == [count, fits ? after : before, count], "\(others) \(topic)")
        for topic in others + [topic] { retained.remove(topic) }
        #expect(retained.used == [0, 0, 0])
      }
    }
  }
}
