import Memory
import Support
import Testing
import WebSocket

@Suite struct FrameProgressTests {
  @Test("Whatever the network takes at once, the frames are whole") func partialSends() {
    for seed in 1...500 as ClosedRange<UInt64> {
      var random = Random(seed: seed)
      let payload = random.bytes(1 + random.below(seed % 50 == 0 ? 70_000 : 400))
      let most = 1 + random.below(random.oneIn(4) ? 3 : 300)
      var wire: [UInt8] = []
      var frames: [Int] = []
      var taken = 0
      var progress = FrameProgress()
      while taken < payload.count || progress.isUnderWay {
        if !progress.isUnderWay {
          frames.append(random.below(payload.count - taken) + 1)
          progress.begin(payloadCount: frames.last!)
        }
        let header = Array(copying: progress.header.span).suffix(progress.headerCount)
        let offered = header + payload[taken..<taken + progress.payloadCount]
        let sent = min(random.below(most + 1), offered.count)
        wire += offered.prefix(sent)
        #expect(progress.count == offered.count)
        taken += progress.advance(by: sent)
      }
      #expect(wire == whole(payload, frames), "seed \(seed)")
    }
  }

  /// The same payload in frames of these lengths, put together by hand.
  private func whole(_ payload: [UInt8], _ frames: [Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    var start = 0
    for count in frames {
      bytes += frame(2, Array(payload[start..<start + count]), key: nil)
      start += count
    }
    return bytes
  }
}

@Suite struct ByteSlotsTests {
  private func slots(count: Int = 4, slotBytes: Int = 320) -> ByteSlots {
    carved { region in
      ByteSlots(
        ByteSlots.Names(slots: "slots", holdings: "holdings", bytes: "bytes"), count: count,
        slotBytes: slotBytes, hash: SeededHash(seed: 1), in: &region)
    }
  }

  private func claim(
    _ slots: inout ByteSlots, by owner: UInt64 = 0
  ) throws -> Handle<ByteSlots.Slot> {
    var slot = Handle<ByteSlots.Slot>.null
    let claim = slots.claim(&slot, by: owner)
    try #require(claim == .granted)
    return slot
  }

  @Test("Behind pongs of which a part has left there is room for the last one, and for a Close")
  func pongsBehindPongs() throws {
    var slots = slots(slotBytes: 384)
    let slot = try claim(&slots)
    let together = [UInt8](repeating: 1, count: Pongs.byteCountMax)
    let last = [UInt8](repeating: 2, count: 127)
    var taken = [slots.queue(together.span, isFixed: false, in: slot)]
    slots.removeFirst(1, from: slot)
    for _ in 0..<3 { taken.append(slots.queue(last.span, isFixed: false, in: slot)) }
    taken.append(slots.queue(last.span, isFixed: true, in: slot))
    #expect(taken == [true, true, true, true, true])
    #expect(slots.count(of: slot) == 255 + 127)
  }

  @Test("Bytes are collected up to the slot's end") func collecting() throws {
    var slots = slots(slotBytes: 5)
    var first = try claim(&slots)
    let second = try claim(&slots)
    let taken = [
      slots.append("abc".bytes.span, to: first), slots.append("xyz12".bytes.span, to: second),
      slots.append("def".bytes.span, to: first), slots.append("de".bytes.span, to: first),
    ]
    #expect(taken == [true, true, false, true])
    let texts = [first, second].map { String(copying: slots.bytes(of: $0)) }
    #expect(texts == ["abcde", "xyz12"])
    slots.release(&first, by: 0)
    let isNull = first.isNull
    #expect(isNull)
  }

  @Test("There are so many and no more") func full() throws {
    var slots = slots(count: 2)
    var first = try claim(&slots)
    _ = try claim(&slots)
    var third = Handle<ByteSlots.Slot>.null
    let refused = slots.claim(&third, by: 0)
    #expect(refused == .tableIsFull && third.isNull)
    slots.release(&first, by: 0)
    let again = try claim(&slots)
    let count = slots.count(of: again)
    #expect(count == 0)
  }

  @Test("One address has not the last of them") func shared() throws {
    var slots = slots(count: 8)
    for _ in 0..<6 { _ = try claim(&slots, by: 7) }
    var more = Handle<ByteSlots.Slot>.null
    let refused = slots.claim(&more, by: 7)
    #expect(refused == .shareIsSpent && more.isNull)
    more = try claim(&slots, by: 9)
    slots.release(&more, by: 9)
    let occupancy = slots.occupancy
    #expect(occupancy.used == 6 && occupancy.refused == 1)
  }

  @Test("What is held stays as it is, before all others") func held() throws {
    var slots = slots()
    let slot = try claim(&slots)
    let isQueued = slots.queue("first".bytes.span, isFixed: false, in: slot)
    slots.hold(slot)
    let isBegun = slots.isBegun(slot)
    #expect(isQueued && isBegun)
    for text in ["second", "third"] {
      let isQueued = slots.queue(text.bytes.span, isFixed: false, in: slot)
      let whole = String(copying: slots.bytes(of: slot))
      #expect(isQueued && whole == "first" + text)
    }
    slots.removeFirst(5, from: slot)
    let (rest, isStillBegun) = (String(copying: slots.bytes(of: slot)), slots.isBegun(slot))
    #expect(rest == "third" && !isStillBegun)
  }

  @Test("Only the last of the frames that wait stays; never one that has begun, or is fixed")
  func queueing() throws {
    var slots = slots()
    let slot = try claim(&slots)
    func queue(_ text: String, isFixed: Bool = false) -> String {
      let isQueued = slots.queue(text.bytes.span, isFixed: isFixed, in: slot)
      return isQueued ? String(copying: slots.bytes(of: slot)) : "full"
    }
    func isBegun() -> Bool { slots.isBegun(slot) }
    #expect(queue("first") == "first")
    #expect(queue("second") == "second")
    slots.removeFirst(2, from: slot)
    #expect(isBegun())
    #expect(queue("third") == "condthird")
    #expect(queue("fourth") == "condfourth")
    slots.removeFirst(4, from: slot)
    #expect(!isBegun())
    #expect(queue("fifth") == "fifth")
    #expect(queue("!", isFixed: true) == "!")
    #expect(queue("behind") == "!behind")
    #expect(queue("last") == "!last")
    slots.removeFirst(3, from: slot)
    #expect(isBegun())
    #expect(queue("end") == "stend")
    #expect(queue(String(repeating: "x", count: 319)) == "full")
  }

  @Test("What leaves in any pieces is frames that were queued, each whole, the last among them")
  func anyPieces() throws {
    for seed in 1...300 as ClosedRange<UInt64> {
      var random = Random(seed: seed)
      var slots = slots()
      var slot = Handle<ByteSlots.Slot>.null
      var wire = ""
      for number in 0..<40 {
        if slot.isNull { slot = try claim(&slots) }
        _ = slots.queue("<\(number)>".bytes.span, isFixed: random.oneIn(5), in: slot)
        let count = slots.count(of: slot)
        let sent = number == 39 ? count : random.below(count + 1)
        wire += String(copying: slots.bytes(of: slot).extracting(0..<sent))
        if sent == count {
          slots.release(&slot, by: 0)
        } else if sent > 0 {
          slots.removeFirst(sent, from: slot)
        }
      }
      let numbers = wire.split(separator: ">").map { Int($0.dropFirst()) }
      #expect(wire.hasSuffix("<39>") && !numbers.contains(nil), "seed \(seed): \(wire)")
      #expect(numbers.compactMap(\.self) == numbers.compactMap(\.self).sorted())
      #expect(wire.filter { $0 == "<" }.count == numbers.count)
    }
  }
}

@Suite struct PongTests {
  private func pong(_ payload: [UInt8]) -> [UInt8] { [0x8A, UInt8(payload.count)] + payload }

  @Test("Pings of one read are answered in one piece") func together() {
    var pongs = Pongs()
    let isEmpty = pongs.isEmpty
    #expect(isEmpty)
    let payloads = (0..<10).map { "payload-\($0)".bytes }
    for payload in payloads { pongs.answer(payload.span) }
    let (all, last) = (Array(copying: pongs.all), Array(copying: pongs.last))
    #expect(all == payloads.flatMap(pong) && last == pong(payloads[9]))
  }

  @Test(
    "Of more than there is room for the last ones are answered, each whole",
    arguments: [0, 1, 7, 62, 100, 125])
  func last(size: Int) {
    var pongs = Pongs()
    var newest: [[UInt8]] = []
    for number in 0..<300 {
      let payload = (0..<size).map { UInt8(truncatingIfNeeded: number + $0) }
      pongs.answer(payload.span)
      newest.append(pong(payload))
      let all = Array(copying: pongs.all)
      #expect(all.count <= Pongs.byteCountMax)
      let isTail = newest.flatMap(\.self).suffix(all.count).elementsEqual(all)
      let last = Array(copying: pongs.last)
      #expect(isTail && last == newest.last && all.count % (size + 2) == 0)
      newest = newest.suffix(130)
    }
  }
}

@Suite struct PriceTests {
  @Test("Each frame is paid for, however little is in it") func frames() {
    let empty = decode([(0..<1000).flatMap { _ in frame(2) }])
    #expect(empty.paid == 4 * 1000)
    let pings = decode([(0..<1000).flatMap { _ in frame(9, [1]) }])
    #expect(pings.paid == 20 * 1000 && pings.controls.count == 1000)
    #expect(decode([frame(2, [UInt8](repeating: 1, count: 64_000))]).paid == 4 + 1000)
    let rest = (0..<999).map { frame(0, [2], isFinal: $0 == 998) }
    let fragments = [frame(2, [1], isFinal: false)] + rest
    #expect(decode([fragments.flatMap(\.self)]).paid == 4 * 1000)
    // Byte by byte it costs the same.
    #expect(decode(frame(9, [1]).map { [$0] }).paid == 20)
  }
}
