import Glibc

/// What the kernel knows of a broker's process.
struct BrokerProcess {
  let identifier: Int32

  /// Time on a core, and time it was ready and another program had the core.
  struct Times {
    var ran: UInt64 = 0
    var waited: UInt64 = 0
  }

  init?(_ identifier: Int32?) {
    guard let identifier else { return nil }
    self.identifier = identifier
  }

  var isAlive: Bool { BrokerProcess.text("/proc/\(identifier)/statm")?.isEmpty == false }

  /// The times of all its threads together.
  var times: Times {
    var times = Times()
    for thread in threads {
      guard let text = BrokerProcess.text("/proc/\(identifier)/task/\(thread)/schedstat") else {
        continue
      }
      let fields = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
      guard fields.count == 3 else { continue }
      times.ran += fields[0]
      times.waited += fields[1]
    }
    return times
  }

  /// Resident memory in KiB.
  var residentKiB: Int { status("VmRSS:") ?? 0 }

  /// Times it waited and was woken.
  var wakeUps: Int { status("voluntary_ctxt_switches:") ?? 0 }

  /// This program's own wait for a core.
  static var ownWait: UInt64 {
    let fields = text("/proc/thread-self/schedstat")?.split(whereSeparator: \.isWhitespace)
    return fields.flatMap { $0.count > 1 ? UInt64($0[1]) : nil } ?? 0
  }

  private func status(_ name: String) -> Int? {
    guard let text = BrokerProcess.text("/proc/\(identifier)/status") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.dropFirst(name.count).split(whereSeparator: \.isWhitespace).first.flatMap {
        Int($0)
      }
    }
    return nil
  }

  private var threads: [String] {
    guard let directory = opendir("/proc/\(identifier)/task") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// The beginning of a file, which is all of those read here.
  static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[0..<count], as: UTF8.self)
  }
}
