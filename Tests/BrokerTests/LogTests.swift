import Memory
import Support
import Testing

@testable import Broker

/// What a subscriber of the log topic gets after `body`.
private func published(
  levels: UInt16 = 0x7F, during body: (World) -> Void
) -> [(topic: String, text: String)] {
  let world = World()
  let reader = world.connect("reader")
  #expect(reader.subscribe("$SYS/broker/log/#") == 0)
  world.broker.log.drain { _, _ in }
  var policy = world.broker.policy
  policy.publishesLog = true
  world.broker.adopt(policy, levels: levels)
  body(world)
  var heading = Line()
  heading.append("noon: ")
  world.broker.publishLog(heading)
  world.broker.log.drain { _, _ in }
  return reader.deliveries().map { ($0.topic, $0.text) }
}

@Test func linesOfTheLogArePublishedByTheirKind() {
  let got = published { world in _ = world.connect("someone") }
  #expect(got.map(\.topic) == ["$SYS/broker/log/N", "$SYS/broker/log/N"])
  #expect(got.first?.text == "noon: New connection from unknown on port 0.")
  #expect(got.last?.text == "noon: New client connected from unknown as someone (p5, c1, k0).")
}

@Test func linesForDebuggingAreNotPublished() {
  let got = published(levels: LogLevel.debug.rawValue) { world in _ = world.open() }
  #expect(got.isEmpty)
}

@Test func whatALineBringsAboutIsWrittenButNotPublished() {
  let world = World()
  let reader = world.connect("reader")
  #expect(reader.subscribe("$SYS/broker/log/#") == 0)
  var policy = world.broker.policy
  policy.publishesLog = true
  world.broker.adopt(policy, levels: 0x7F)
  world.broker.log.drain { _, _ in }
  world.broker.log.isOfLogTopic = true
  world.broker.save()
  world.broker.log.isOfLogTopic = false
  let heading = Line()
  world.broker.publishLog(heading)
  #expect(reader.deliveries().isEmpty)
  var lines: [String] = []
  world.broker.log.drain { line, level in
    lines.append(String(copying: line.span))
    #expect(level == .information)
  }
  #expect(lines == ["There is nothing to save: messages are held in memory alone."])
}

@Test func nothingIsPublishedUnlessTheConfigurationSaysSo() {
  let world = World()
  let reader = world.connect("reader")
  #expect(reader.subscribe("$SYS/broker/log/#") == 0)
  world.broker.save()
  let heading = Line()
  world.broker.publishLog(heading)
  #expect(reader.deliveries().isEmpty)
}
