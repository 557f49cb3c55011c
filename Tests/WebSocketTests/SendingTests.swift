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
        let header = Array(copying: progress.header.span).dropFirst(progress.headerOffset)
        let offered = header + payload[taken..<taken + progress.payloadCount]
        let sent = min(random.below(most + 1), offered.count)
        wire += offered.prefix(sent)
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
      ByteSlots("slots", bytesName: "bytes", count: count, slotBytes: slotBytes, in: &region)
    }
  }

  private func claim(_ slots: inout ByteSlots) throws -> Handle<ByteSlots.Slot> {
    let claimed = slots.claim()
    return try #require(claimed)
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
    slots.release(&first)
    let isNull = first.isNull
    #expect(isNull)
  }

  @Test("There are so many and no more") func full() throws {
    var slots = slots(count: 2)
    var first = try claim(&slots)
    let second = slots.claim() != nil
    let third = slots.claim() != nil
    #expect(second && !third)
    slots.release(&first)
    let again = try claim(&slots)
    let count = slots.count(of: again)
    #expect(count == 0)
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
          slots.release(&slot)
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
