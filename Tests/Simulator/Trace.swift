/// What happened in a run: a hash of all of it, and the last of it to look at.
package final class Trace {
  /// How many entries are kept.
  package var depth = 400
  private var entries: [(time: UInt64, what: () -> String)] = []
  private var position = 0
  /// The same for two runs only when everything in them was the same.
  package private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Mixes a number into the hash.
  func mix(_ number: UInt64) {
    hash = (hash ^ number) &* 0x0000_0100_0000_01B3
    hash ^= hash >> 29
  }

  /// Mixes bytes that crossed the network into the hash.
  func mix(_ bytes: ArraySlice<UInt8>) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
  }

  /// Keeps a line about what happened.
  func note(_ time: UInt64, _ what: @autoclosure @escaping () -> String) {
    let entry = (time, what)
    if entries.count < depth {
      entries.append(entry)
    } else {
      entries[position] = entry
      position = (position + 1) % depth
    }
  }

  /// The last lines, oldest first.
  package func last(_ count: Int) -> [String] {
    let ordered = Array(entries[position...] + entries[..<position])
    return ordered.suffix(count).map {
      "\($0.time / 1000).\(String($0.time % 1000 + 1000).dropFirst()) \($0.what())"
    }
  }
}
