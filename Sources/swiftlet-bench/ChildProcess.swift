import CBench
import Glibc

/// A broker started here, on a core of its own.
final class ChildProcess {
  let identifier: pid_t
  private var status: Int32?

  /// Starts it; what it says goes to the log.
  init(_ arguments: [String], core: Int32?, thisCore: Int32?, log: String) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = arguments.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    // A program inherits its core.
    if let core { _ = bench_pin(core) }
    let error = posix_spawnp(&child, arguments[0], &actions, nil, &words, environ)
    if let thisCore { _ = bench_pin(thisCore) }
    guard error == 0 else {
      throw Failure("\(arguments[0]) does not start: \(String(cString: strerror(error)))")
    }
    identifier = child
    ChildProcess.running = child
  }

  /// The broker that runs now, for whoever interrupts us.
  nonisolated(unsafe) private static var running: pid_t = 0

  /// Lets an interruption end the broker too.
  static func endWithUs() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        if ChildProcess.running > 0 { kill(ChildProcess.running, SIGKILL) }
        _exit(1)
      }
    }
  }

  /// How it ended, if it has.
  var ending: String? {
    var status: Int32 = 0
    if self.status == nil, waitpid(identifier, &status, WNOHANG) == identifier {
      self.status = status
      ChildProcess.running = 0
    }
    guard let ended = self.status else { return nil }
    let signal = ended & 0x7f
    return signal == 0 ? "ended with status \(ended >> 8 & 0xff)" : "ended by signal \(signal)"
  }

  /// Waits until it answers on its port.
  func waitUntilItListens(_ endpoint: Endpoint) throws {
    for _ in 0..<500 {
      if let ending { throw Failure("the broker \(ending) before it listened") }
      if let descriptor = try? endpoint.connect() {
        close(descriptor)
        return
      }
      usleep(10_000)
    }
    throw Failure("the broker does not listen")
  }

  /// Asks it to end, and makes it after three seconds.
  ///
  /// Returns whether it had to be made.
  @discardableResult
  func stop() -> Bool {
    guard ending == nil else { return false }
    kill(identifier, SIGTERM)
    for _ in 0..<300 {
      if ending != nil { return false }
      usleep(10_000)
    }
    kill(identifier, SIGKILL)
    while ending == nil { usleep(1_000) }
    return true
  }
}

/// How long a comparison may wait in all for other programs to end.
struct Patience {
  private(set) var milliseconds: Int

  init(seconds: Int) { milliseconds = seconds * 1000 }

  /// Waits until the cores are idle, or until there is no patience left.
  mutating func waitForQuiet() {
    while milliseconds > 0 {
      let before = Patience.coreTimes()
      usleep(200_000)
      let after = Patience.coreTimes()
      if Double(after.busy - before.busy) < 0.1 * Double(after.all - before.all) { return }
      milliseconds -= 200
    }
  }

  private static func coreTimes() -> (busy: UInt64, all: UInt64) {
    let line = BrokerProcess.text("/proc/stat")?.split(separator: "\n").first ?? ""
    let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
    let all = fields.reduce(0, +)
    return (all - (fields.count > 4 ? fields[3] + fields[4] : 0), all)
  }
}
