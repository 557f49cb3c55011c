import Access
import MQTT
import Memory

/// Who the Client of a session is to the rules; it outlives the connection, as what is queued for the
/// session does.
struct Identity: BitwiseCopyable {
  /// The User Name, in the broker's texts.
  var userName = Chain()
  var hasUserName = false
  /// Whether TLS has proved the name, so that no password was asked for.
  var isProved = false
  /// Which listener the Client came in by.
  var listener: UInt8 = 0
  /// What the password of the user was known by.
  var credential: UInt32 = 0
  /// A hash of all that decides what the Client may do, for the decisions that are remembered.
  var key: UInt64 = 0
  /// The rules that are the user's own.
  var rules = RuleList()
  /// For which set of rules the two above are good; zero for none, so that they are looked up, and
  /// all that is queued is looked at again, when somebody asks.
  var generation: UInt32 = 0
  /// Whether something may be queued that the Client may not read any more.
  var checksDeliveries = false

  /// Whether it says nothing: every place of the table is so at first.
  var isBlank: Bool { !hasUserName && !isProved && listener == 0 && generation == 0 }
}

/// How far the login of a connection is.
enum LoginState: UInt8, BitwiseCopyable {
  /// Nobody has asked for a password yet.
  case none
  /// It waits because of wrong passwords from the same address.
  case held
  /// It waits for its turn.
  case queued
  /// Its password is being hashed.
  case hashing
  case accepted
  case refused

  /// Whether nothing is taken from the connection until the login is through.
  var isPending: Bool { self == .held || self == .queued || self == .hashing }
}

/// The login whose password is being hashed.
struct Login: BitwiseCopyable {
  let connection: Handle<Connection>
  let hash: PasswordHash
  /// Whether there is such a user; if not, the hash is of another and the answer is no.
  let isKnown: Bool
  let generation: UInt32
  /// Where the password stands in the packet buffer.
  let password: Field
}
