// What a client does that wants to have all there is, or to keep the server busy for itself.
extension HostileClient {
  /// Does one of them.
  func besiege() {
    switch chance.below(19) {
    case 0: subscribeToMany(leaves: chance.oneIn(2))
    case 1: subscribeToTwins()
    case 2: publishToTwins(of: chance.pick([7, 9]))
    case 3: joinManyGroups()
    case 4: watchTheServer()
    case 5: subscribeInVain()
    case 6: leaveForGood()
    case 7: retainMuch()
    case 8: subscribeAndNotRead()
    case 9: subscribeAtLength()
    case 10: comeUnderManyNames()
    case 11: releaseNothing()
    case 12: announceMuch()
    case 13: guessPasswords()
    case 14: publishToItself()
    case 15: leaveLargeWills()
    case 16: connectAndSayNothing()
    case 17: hoardSubscriptions()
    default: publishOnceToAll()
    }
  }

  // MARK: Filters

  /// As many filters as a packet holds; who leaves then leaves them all to be taken away.
  private func subscribeToMany(leaves: Bool) {
    subscribe((0..<100).map { "hostile/\($0)/\(chance.below(20))" })
    if leaves { send(Packet(.disconnect)) }
  }

  /// More filters than it can have its share of, or longer ones, in a session that stays.
  private func hoardSubscriptions() {
    let number = chance.below(3)
    connectAnew(as: "hostile-hoard-\(number)", isCleanStart: false)
    let end = chance.oneIn(2) ? "" : "-of-\(number)" + String(repeating: "x", count: 160)
    let (count, most) = end.isEmpty ? (1800, 60) : (1000, 10)
    for first in stride(from: 0, to: count, by: most) {
      subscribe((first..<first + most).map { "hostile/h/\($0)\(end)" })
    }
  }

  /// All ways to write a few levels with a name or a wildcard, that match all or, by their ends, nothing.
  private func subscribeToTwins() {
    let end = chance.pick(["", "/x"])
    var filters = ["hostile"]
    let levels = chance.pick([7, 9])
    for _ in 0..<levels { filters = filters.flatMap { ["\($0)/a", "\($0)/+"] } }
    filters = filters.map { $0 + end }
    for first in stride(from: 0, to: filters.count, by: 64) {
      subscribe(Array(filters[first..<first + 64]))
    }
    publishToTwins(of: levels)
  }

  private func publishToTwins(of levels: Int) {
    let name = "hostile" + String(repeating: "/a", count: levels)
    for _ in 0..<chance.within(1...10) {
      publish(name + chance.pick(["", "/y", "/x"]), qos: UInt8(chance.below(3)))
    }
  }

  private func joinManyGroups() {
    subscribe((0..<60).map { "$share/h\($0)/hostile/1" })
    for _ in 0..<4 { publish("hostile/1", qos: 1) }
  }

  private func watchTheServer() {
    subscribe((0..<20).map { "$SYS/broker/\(chance.pick(["#", "+/+", "load/#"]))/\($0)" })
    subscribe(["$SYS/#", "$SYS/broker/+/+", "$SYS/broker/limits/#"])
  }

  private func subscribeInVain() {
    subscribe((0..<40).map { "+/nothing/+/\($0)" } + ["+/+/+/+/nothing", "#"])
  }

  private func subscribeAtLength() {
    subscribe((0..<25).map { "hostile/\($0)/" + String(repeating: "x", count: 48) })
  }

  // MARK: What is kept

  /// A session that gets everything, and whose client does not come back.
  private func leaveForGood() {
    connectAnew(as: "hostile-away-\(chance.below(3))", isCleanStart: false)
    subscribe(["#"])
    goAway()
  }

  private func retainMuch() {
    for _ in 0..<chance.within(2...30) {
      publish(
        "hostile/kept/\(chance.below(500))", qos: UInt8(chance.below(2)), isRetained: true,
        count: chance.pick([1, 1500]))
    }
  }

  private func subscribeAndNotRead() {
    subscribe(["#", "+/#", "hostile/+"])
    beDeaf(for: chance.within(20_000...600_000))
  }

  /// Long names, and sessions that outlive their connections by far, some of them with a subscription.
  private func comeUnderManyNames() {
    let filters = chance.oneIn(2) ? ["hostile/1"] : []
    for _ in 0..<chance.within(5...chance.pick([30, 150])) {
      let length = chance.pick([1, 20, 400])
      let name = "hostile-\(chance.below(200))" + String(repeating: "x", count: length)
      comeOnce(as: name, filters: filters)
    }
  }

  private func releaseNothing() {
    for _ in 0..<chance.within(5...60) {
      publish("hostile/2", qos: 2, identifier: UInt16(chance.within(1...2000)))
    }
  }

  private func leaveLargeWills() {
    for _ in 0..<chance.within(2...12) {
      let will = Packet.Will(
        topic: "hostile/will", payload: noise(chance.pick([10, 1600])), qos: 1, isRetained: false)
      comeOnce(as: "hostile-will-\(chance.below(30))", will: will, stays: chance.oneIn(2))
    }
  }

  // MARK: What keeps others waiting

  /// Half of a CONNECT or of a PUBLISH that says it is large, on many connections.
  private func announceMuch() {
    for _ in 0..<chance.within(2...20) {
      comeAndSay([chance.pick([0x10, 0x30]), 0xF0, 0x0F] + noise(chance.within(1...200)))
    }
  }

  private func connectAndSayNothing() {
    for _ in 0..<chance.within(5...chance.pick([30, 250])) { comeAndSay([]) }
  }

  private func guessPasswords() {
    for number in 0..<chance.within(2...12) {
      var packet = Packet(.connect)
      packet.version = 4
      packet.clientIdentifier = "hostile-guess-\(number)"
      packet.userName = chance.pick(["a", "b", Administrator.trusted, "nobody"])
      packet.password = "wrong-\(number)"
      comeAndSay(packet.encoded(version: 4))
    }
  }

  /// What it is owed lies behind what it sends.
  private func publishToItself() {
    subscribe(["hostile/3"])
    for number in 1...60 { publish("hostile/3", qos: 1, identifier: UInt16(number)) }
  }

  private func publishOnceToAll() {
    for topic in ["a", "b/1", "hostile/0", "hostile/1"] { publish(topic, qos: 1, count: 900) }
  }
}
