import Testing

@testable import Memory
import Support

@Test func thePlanAddsUp() {
  var region = Region()
  _ = Pool<UInt64>("slots", capacity: 10, in: &region)
  _ = ByteChains("blocks", count: 6, blockBytes: 100, in: &region)
  _ = Buffer("bytes", capacity: 1000, in: &region)
  let entries = (0..<region.entryCount).map { region.entry($0) }
  #expect(entries.map(\.name.description) == ["slots", "blocks", "bytes"])
  #expect(entries.map(\.count) == [10, 6, 1])
  #expect(entries.map(\.bytesEach) == [9, 104, 1000])
  #expect(entries.map(\.byteCount) == [90, 624, 1000])
  // Padding is what the sum lacks: less than a cache line for each carving.
  let (sum, all) = (entries.map(\.byteCount).reduce(0, +), region.byteCount)
  #expect(all >= sum && all < sum + 5 * 64)
}

@Test func aRegionOfExactlyTheCountedBytesIsEnough() {
  var counting = Region()
  _ = Pool<UInt64>("slots", capacity: 10, in: &counting)
  var pool: Pool<UInt64> = carved { Pool("slots", capacity: 10, in: &$0) }
  let handles = (0..<10).compactMap { pool.claim($0) }
  #expect(handles.count == 10)
}

@Test func aRegionThatIsUsedUpTraps() async {
  await #expect(processExitsWith: .failure) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    var region = unsafe Region(base, byteCount: 64)
    _ = Buffer("test", capacity: 65, in: &region)
  }
}

@Test func aSealedRegionTraps() async {
  await #expect(processExitsWith: .failure) {
    let base = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    var region = unsafe Region(base, byteCount: 64)
    region.seal()
    _ = Buffer("test", capacity: 1, in: &region)
  }
}
