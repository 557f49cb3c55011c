import CBench
import Glibc

/// Messages at a fixed rate, each at its time whether the broker keeps up or not.
struct Schedule {
  let start: UInt64
  let rate: Double
  var issued: UInt64 = 0

  func isDue(at now: UInt64) -> Bool { time(of: issued) <= now }

  func time(of message: UInt64) -> UInt64 { start + UInt64(Double(message) * 1e9 / rate) }
}

extension Load {
  func publishWhatIsDue() {
    guard var schedule else { return }
    while schedule.isDue(at: now) {
      let client = clients + Int(schedule.issued % UInt64(plan.publishers))
      guard client.pointee.outbox?.isFull == false else { break }
      client.pointee.outbox?.append(at: schedule.time(of: schedule.issued))
      schedule.issued += 1
      mark(client)
    }
    self.schedule = schedule
  }

  func sendDirty() {
    var index = 0
    while index < dirty.count {
      let client = clients + dirty[index]
      client.pointee.isDirty = false
      if isPublishing, schedule == nil { refill(client) }
      flush(client)
      index += 1
    }
    dirty.removeAll(keepingCapacity: true)
  }

  private func refill(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.outbox?.fillUp(at: now)
  }

  /// Writes all that waits in one call; what is begun is ended before anything else.
  private func flush(_ client: UnsafeMutablePointer<Client>) {
    guard bench_flush(client.pointee.descriptor) else { return watch(client, forRoom: true) }
    var count = 0
    let controlFirst = client.pointee.control.isPartlySent
    if controlFirst { count = addControl(client, count) }
    count += client.pointee.outbox?.fill(vectors + count) ?? 0
    if !controlFirst { count = addControl(client, count) }
    guard count > 0 else { return watch(client, forRoom: false) }
    let wanted = (0..<count).reduce(0) { $0 + vectors[$1].iov_len }
    let written = bench_writev(client.pointee.descriptor, vectors, Int32(count))
    guard written >= 0 else {
      guard bench_errno() == EAGAIN || bench_errno() == EINTR else {
        return lose(client, "\(Failure.call("write"))")
      }
      return watch(client, forRoom: true)
    }
    markSent(client, written, controlFirst: controlFirst)
    watch(client, forRoom: written < wanted || bench_waits(client.pointee.descriptor))
  }

  private func addControl(_ client: UnsafeMutablePointer<Client>, _ count: Int) -> Int {
    guard !client.pointee.control.isEmpty else { return count }
    vectors[count] = client.pointee.control.pending
    return count + 1
  }

  private func markSent(
    _ client: UnsafeMutablePointer<Client>, _ written: Int, controlFirst: Bool
  ) {
    let ofControl = client.pointee.control.pending.iov_len
    let ofMessages = client.pointee.outbox?.pendingBytes ?? 0
    let control =
      controlFirst ? min(written, ofControl) : max(0, written - ofMessages)
    if control > 0 { client.pointee.control.markSent(control) }
    if written > control { client.pointee.outbox?.markSent(written - control) }
  }
}
