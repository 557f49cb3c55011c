/// What costs more than one unit of work: an entry looked at.
///
/// The prices are of one machine, rounded; they need not be exact, but everything must have one.
package enum WorkPrice {
  /// A packet taken, whatever it is.
  package static var packet: Int { 8 }
  /// A copy of a message made, dropped or written.
  package static var copy: Int { 4 }
  /// A session begun, ended or taken over.
  package static var session: Int { 32 }
  /// A call of the system that reads or writes.
  package static var systemCall: Int { 48 }
  /// A connection taken from the system, or given back.
  package static var connection: Int { 256 }
  /// An iteration of hashing a password.
  package static var hashIteration: Int { 16 }
  /// A topic of `$SYS` put into words.
  package static var systemTopic: Int { 16 }

  /// Bytes that are copied.
  package static func copying(_ count: Int) -> Int { count >> 8 }
  /// Bytes that are looked at one by one: texts, properties.
  package static func reading(_ count: Int) -> Int { count >> 5 }
}
