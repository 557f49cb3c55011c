import Board
import Memory

/// Names in one piece, each good until the next one of its kind is laid out.
struct Names: ~Copyable {
  private let anchor = Anchor()
  /// A Topic Name: of an alias, a Will, a stored message.
  var topic: Buffer
  /// That of the message that goes to so many that it takes several turns.
  var slow: Buffer
  /// A Topic Filter of a subscription.
  var filter: Buffer
  /// A Topic Name or Filter behind the mount point of its listener.
  var mounted: Buffer
  /// A User Name and a Client Identifier, cut off where they are longer than any rule's.
  var user: Buffer
  var client: Buffer
  /// Who retained a message: both of those.
  var source: Buffer

  init(_ limits: Limits, in region: inout Region) {
    topic = Buffer("topic name", capacity: limits.topicBytes, in: &region)
    slow = Buffer("slow topic name", capacity: limits.topicBytes, in: &region)
    filter = Buffer("topic filter", capacity: limits.topicBytes + 2, in: &region)
    mounted = Buffer("mounted name", capacity: limits.topicBytes, in: &region)
    // One byte more than a rule can have, so that what is cut off fits none.
    let nameBytes = min(limits.topicBytes + 1, Int(UInt16.max))
    user = Buffer("user name", capacity: nameBytes, in: &region)
    client = Buffer("client name", capacity: nameBytes, in: &region)
    source = Buffer("retained source", capacity: 4 + 2 * nameBytes, in: &region)
  }
}
