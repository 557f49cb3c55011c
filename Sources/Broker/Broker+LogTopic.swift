import MQTT
import Memory
import Messages

// The log as messages, when `log_dest topic` asks for it: `$SYS/broker/log/<kind>`, not retained.
extension Broker {
  /// Publishes the lines that the log holds, each with `heading` in front.
  ///
  /// What that brings about is logged too, but not published: it would have no end. Lines for
  /// debugging tell of each packet, and so of these: they are not published either.
  package mutating func publishLog(_ heading: borrowing Line) {
    guard policy.publishesLog && !log.isEmpty && hasSystemSubscribers else { return }
    log.isOfLogTopic = true
    let end = log.end
    var position = 0
    while position < end {
      var line = Line()
      line.append(heading.span)
      guard let level = log.next(from: &position, into: &line), level != .debug else { continue }
      publish(line, level)
    }
    log.isOfLogTopic = false
  }

  private mutating func publish(_ line: borrowing Line, _ level: LogLevel) {
    var name = Line()
    name.append("$SYS/broker/log/")
    name.append(level.topic)
    // As old as Mosquitto lets them become: a log is not to fill the queue of who is away.
    let traits = MessageTraits(
      qos: .exactlyOnce, isRetained: false, expiry: now.adding(seconds: 20))
    let kept = messages.keep(
      topic: name.span, properties: Span(), payload: line.span, traits: traits)
    guard let message = kept else { return }
    var work = courtesy
    distribute(message, name.span, from: .null, &work)
    courtesy = work
    messages.release(message)
  }
}
