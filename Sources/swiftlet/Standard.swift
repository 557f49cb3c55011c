import Board
import Broker
import CLinux
import Linux
import Memory

/// The standard streams, before and beside the log.
enum Standard: Int32 {
  case output = 1
  case error = 2

  func write(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      _ = unsafe linux_write(rawValue, base, UInt64(buffer.count))
    }
  }

  func write(_ text: StaticString) {
    unsafe _ = linux_write(rawValue, text.utf8Start, UInt64(text.utf8CodeUnitCount))
  }
}

extension Region {
  /// Writes the memory plan: of each pool its name, count, bytes each, bytes, and its share; and the sum.
  @inline(never)
  func writePlan(to stream: Standard) {
    let shares = Shares(Limits())
    var line = Line()
    line.append("pool                        count  bytes each         bytes")
    line.append("  for anybody      kept   of it each\n")
    stream.write(line.span)
    for index in 0..<entryCount {
      let entry = entry(index)
      line.removeAll()
      line.append(entry.name)
      let share = shares.share(of: entry) ?? LinuxPool.share(of: entry)
      line.pad(to: 22)
      line.append(UInt64(entry.count), width: 11)
      line.append(UInt64(entry.bytesEach), width: 12)
      line.append(UInt64(entry.byteCount), width: 14)
      if let share { line.append(share) }
      line.append("\n")
      stream.write(line.span)
    }
    line.removeAll()
    line.append("sum, with padding")
    line.pad(to: 45)
    line.append(UInt64(byteCount), width: 14)
    line.append("\n")
    stream.write(line.span)
  }
}

extension Line {
  /// Appends up to where anybody may fill a pool, how much is kept for those who hold little, and how
  /// much of that for each.
  fileprivate mutating func append(_ share: Share) {
    append(UInt64(share.freely), width: 13)
    append(UInt64(share.kept), width: 10)
    append(UInt64(share.part), width: 13)
  }
}
