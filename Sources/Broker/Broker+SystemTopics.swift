import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// `$SYS`: the Server's own topics. They are made when somebody asks and held nowhere.
extension Broker {
  /// Begins to publish the topics whose values have changed, if anybody subscribes to any.
  mutating func beginSystemTopics() {
    system.load.update(averagedCounts, at: now.milliseconds - startedAt.milliseconds)
    if hasSystemSubscribers { system.next = 0 }
    beginLosses()
  }

  /// Whether there are topics of `$SYS` to be published, and room for that.
  var hasSystemTopics: Bool { system.next < SystemTopic.count && lane.hasOwnRoom }

  /// Publishes them, as far as work goes.
  mutating func publishSystemTopics(_ work: inout Work) {
    while hasSystemTopics && !work.isSpent {
      work.pay(WorkPrice.systemTopic)
      publishSystemTopic(system.next, &work)
      system.next += 1
    }
  }

  private mutating func publishSystemTopic(_ topic: Int, _ work: inout Work) {
    var name = Line()
    var value = Line()
    guard describe(topic, name: &name, value: &value) else { return }
    let hash = hash(value.span)
    guard system.values[topic] != hash, let message = keep(name, value) else { return }
    system.values[topic] = hash
    distribute(message, name.span, from: .null, &work)
    messages.release(message)
  }

  /// Goes on with the `$SYS` topics that match a new subscription; false when it waits for room.
  mutating func replaySystemTopics(
    _ wanted: Span<UInt8>, _ subscription: Handle<Subscription>, to session: Handle<Session>,
    _ progress: inout Replay, _ work: inout Work
  ) -> Bool {
    if wanted[0] == UInt8(ascii: "$") && policy.systemInterval > 0 {
      while Int(progress.systemTopic) < SystemTopic.count {
        guard !work.isSpent else { return true }
        let topic = Int(progress.systemTopic)
        guard replaySystemTopic(topic, wanted, subscription, to: session, &work)
        else { return false }
        progress.systemTopic += 1
      }
    }
    subscriptions.endReplay(of: subscription)
    progress = Replay()
    return true
  }

  private mutating func replaySystemTopic(
    _ topic: Int, _ wanted: Span<UInt8>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    work.pay(WorkPrice.systemTopic)
    var name = Line()
    var value = Line()
    guard describe(topic, name: &name, value: &value),
      TopicFilter.matches(filter: wanted, name: name.span),
      mayReplay(name.span, at: nil, to: session, &work)
    else { return true }
    let match = Match(of: subscription, subscriptions[subscription])
    guard canQueue(match, for: session), let message = keep(name, value) else { return false }
    defer { messages.release(message) }
    return sendRetained(message, subscription, to: session)
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
    var place = topic
    if let counter = SystemTopic(rawValue: UInt8(truncatingIfNeeded: place)),
      place < SystemTopic.counters
    {
      name.append(counter.name)
      describe(counter, in: &value)
      return true
    }
    place -= SystemTopic.counters
    if place < SystemTopic.averages {
      describeAverage(place, name: &name, value: &value)
      return true
    }
    let (number, aspect) = (place - SystemTopic.averages)
      .quotientAndRemainder(dividingBy: PoolAspect.count)
    guard let pool = pool(number), let aspect = PoolAspect(rawValue: UInt8(aspect)) else {
      return false
    }
    describe(pool, aspect, name: &name, value: &value)
    return true
  }

  private func describeAverage(_ place: Int, name: inout Line, value: inout Line) {
    let (kind, span) = place.quotientAndRemainder(dividingBy: LoadAverages.spans)
    guard let load = Load(rawValue: UInt8(truncatingIfNeeded: kind)) else { return }
    name.append(load.name)
    name.append(Load.spanName(span))
    value.append(hundredths: system.load.hundredths(kind, span: span))
  }

  private func describe(
    _ pool: PoolStatus, _ aspect: PoolAspect, name: inout Line, value: inout Line
  ) {
    name.append("limits/")
    name.append(pool.name)
    name.append(aspect.name)
    switch aspect {
    case .used: value.append(pool.occupancy.used)
    case .peak: value.append(pool.occupancy.peak)
    case .capacity: value.append(pool.occupancy.capacity)
    case .refused: value.append(pool.occupancy.refused)
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
    case .retainedCount: value.append(retention.index.count)
    // There is no heap: what the pools hold stands for it.
    case .heapCurrent: value.append(messages.bytesInUse + packetBytesOut)
    case .heapMaximum: value.append(messages.blockOccupancy.peak * limits.messageBlockBytes)
    case .packetOutCount: value.append(departures.owedCount)
    case .packetOutBytes: value.append(packetBytesOut)
    case .socketCount: value.append(connections.occupancy.used)
    case .longestTurn: value.append(statistics.longestTurn)
    case .largestTurn: value.append(statistics.largestTurn)
    case .loginsFailed: value.append(log.count(of: .loginFailed))
    case .publishesDenied: value.append(log.count(of: .publishDenied))
    case .subscriptionsDenied: value.append(log.count(of: .subscribeDenied))
    case .deliveriesDenied: value.append(log.count(of: .deliveryDenied))
    }
  }

  private var packetBytesOut: Int {
    departures.blocks.occupancy.used * departures.blocks.blockBytes
  }

  private var averagedCounts: Load.Each<UInt64> {
    var counts = Load.Each<UInt64>(repeating: 0)
    for place in counts.indices {
      guard let load = Load(rawValue: UInt8(truncatingIfNeeded: place)) else { continue }
      counts[place] = count(of: load)
    }
    return counts
  }

  private func count(of load: Load) -> UInt64 {
    switch load {
    case .messagesReceived: statistics.packetsReceived
    case .messagesSent: statistics.packetsSent
    case .publishReceived: statistics.publishesReceived
    case .publishSent: statistics.publishesSent
    case .publishDropped: statistics.publishesDropped
    case .bytesReceived: statistics.bytesReceived
    case .bytesSent: statistics.bytesSent
    case .sockets: statistics.connectionsOpened
    case .connections: statistics.connects
    }
  }
}
