import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// `$SYS`: the Server's own topics. They are made when somebody asks and held nowhere.
extension Broker {
  /// Publishes the topics whose values have changed, if anybody subscribes to any.
  mutating func publishSystemTopics() {
    load.update(averagedCounts, at: now.milliseconds - startedAt.milliseconds)
    guard hasSystemSubscribers else { return }
    for topic in 0..<SystemTopic.count {
      var name = Line()
      var value = Line()
      guard describe(topic, name: &name, value: &value) else { continue }
      let hash = hash(value.span)
      guard systemValues[topic] != hash else { continue }
      systemValues[topic] = hash
      guard let message = keep(name, value) else { return }
      distribute(message, name.span, from: nil)
      messages.release(message)
    }
  }

  /// Goes on with the `$SYS` topics that match a new subscription; false when it waits for room.
  mutating func replaySystemTopics(
    _ wanted: Span<UInt8>, _ subscription: Handle<Subscription>, to session: Handle<Session>,
    on connection: Handle<Connection>, _ progress: inout Replay, _ work: inout Work
  ) -> Bool {
    if wanted[0] == UInt8(ascii: "$") && policy.systemInterval > 0 {
      while Int(progress.systemTopic) < SystemTopic.count {
        guard !work.isSpent else { return true }
        work.pay(4)
        let topic = Int(progress.systemTopic)
        guard replaySystemTopic(topic, wanted, subscription, to: session, on: connection) else {
          return false
        }
        progress.systemTopic += 1
      }
    }
    subscriptions.endReplay(of: subscription)
    progress = Replay()
    return true
  }

  private mutating func replaySystemTopic(
    _ topic: Int, _ wanted: Span<UInt8>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    var name = Line()
    var value = Line()
    guard describe(topic, name: &name, value: &value),
      TopicFilter.matches(filter: wanted, name: name.span),
      mayReplay(name.span, at: nil, to: session)
    else { return true }
    guard let message = keep(name, value) else { return false }
    defer { messages.release(message) }
    return sendRetained(message, subscription, to: session, on: connection)
  }

  private mutating func keep(
    _ name: borrowing Line, _ value: borrowing Line
  ) -> Handle<Message>? {
    let traits = MessageTraits(qos: .exactlyOnce, isRetained: true, expiry: .never)
    return messages.keep(topic: name.span, properties: Span(), payload: value.span, traits: traits)
  }

  var hasSystemSubscribers: Bool {
    var level = Line()
    level.append("$SYS")
    return subscriptions.hasFirstLevel(level.span, texts: texts)
  }

  /// Writes the name and the value of one topic; false when this board has no such topic.
  private func describe(_ topic: Int, name: inout Line, value: inout Line) -> Bool {
    name.append("$SYS/broker/")
    if let counter = SystemTopic(rawValue: UInt8(truncatingIfNeeded: topic)),
      topic < SystemTopic.counters
    {
      name.append(counter.name)
      describe(counter, in: &value)
    } else if topic < SystemTopic.counters + SystemTopic.averages {
      let (kind, span) = (topic - SystemTopic.counters).quotientAndRemainder(dividingBy: 3)
      name.append(SystemTopic.averageName(kind))
      name.append(SystemTopic.spanName(span))
      value.append(hundredths: load.hundredths(kind, span: span))
    } else {
      let place = topic - SystemTopic.counters - SystemTopic.averages
      let (number, aspect) = place.quotientAndRemainder(dividingBy: 4)
      guard let pool = pool(number) else { return false }
      describe(pool, aspect, name: &name, value: &value)
    }
    return true
  }

  private func describe(
    _ pool: PoolStatus, _ aspect: Int, name: inout Line, value: inout Line
  ) {
    name.append("limits/")
    name.append(pool.name)
    name.append(SystemTopic.limitName(aspect))
    switch aspect {
    case 0: value.append(pool.occupancy.used)
    case 1: value.append(pool.occupancy.peak)
    case 2: value.append(pool.occupancy.capacity)
    default: value.append(pool.occupancy.refused)
    }
  }

  private func describe(_ counter: SystemTopic, in value: inout Line) {
    let total = sessions.occupancy.used
    let connected = statistics.clientsConnected
    switch counter {
    case .version: value.append(Broker.version)
    case .uptime:
      value.append(now.seconds(since: startedAt))
      value.append(" seconds")
    case .clientsTotal: value.append(total)
    case .clientsMaximum: value.append(statistics.clientsMaximum)
    case .clientsDisconnected, .clientsInactive: value.append(total - connected)
    case .clientsConnected, .clientsActive: value.append(connected)
    case .clientsExpired: value.append(statistics.clientsExpired)
    case .messagesReceived: value.append(statistics.packetsReceived)
    case .messagesSent: value.append(statistics.packetsSent)
    case .messagesStored, .storeCount: value.append(messages.messageOccupancy.used)
    case .storeBytes: value.append(messages.bytesInUse)
    case .publishReceived: value.append(statistics.publishesReceived)
    case .publishSent: value.append(statistics.publishesSent)
    case .publishDropped: value.append(statistics.publishesDropped)
    case .publishBytesReceived: value.append(statistics.publishBytesReceived)
    case .publishBytesSent: value.append(statistics.publishBytesSent)
    case .bytesReceived: value.append(statistics.bytesReceived)
    case .bytesSent: value.append(statistics.bytesSent)
    case .subscriptionsCount: value.append(subscriptions.occupancy.used)
    case .sharedCount: value.append(subscriptions.sharedCount)
    case .retainedCount: value.append(retained.count)
    // There is no heap: what the pools hold stands for it.
    case .heapCurrent: value.append(messages.bytesInUse + packetBytesOut)
    case .heapMaximum: value.append(messages.blockOccupancy.peak * limits.messageBlockBytes)
    case .packetOutCount: value.append(owed.count)
    case .packetOutBytes: value.append(packetBytesOut)
    case .socketCount: value.append(connections.occupancy.used)
    case .longestTurn: value.append(statistics.longestTurn)
    case .loginsFailed: value.append(log.count(of: .loginFailed))
    case .publishesDenied: value.append(log.count(of: .publishDenied))
    case .subscriptionsDenied: value.append(log.count(of: .subscribeDenied))
    case .deliveriesDenied: value.append(log.count(of: .deliveryDenied))
    }
  }

  private var packetBytesOut: Int { sending.occupancy.used * sending.blockBytes }

  private var averagedCounts: InlineArray<9, UInt64> {
    [
      statistics.packetsReceived, statistics.packetsSent, statistics.publishesReceived,
      statistics.publishesSent, statistics.publishesDropped, statistics.bytesReceived,
      statistics.bytesSent, statistics.connectionsOpened, statistics.connects,
    ]
  }
}
