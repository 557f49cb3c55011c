/// Who may come in by a listener, and as whom.
package struct SecuritySettings: BitwiseCopyable {
  /// `allow_anonymous`, when it is given.
  var givenAnonymity: Bool?
  /// `listener_allow_anonymous`, when it is given.
  var givenAnonymityHere: Bool?
  /// Whether a Client may connect without a User Name; settled when the settings are complete.
  package internal(set) var allowsAnonymous = false
  /// Whether a Client may leave the choice of its Client Identifier to us. [MQTT-3.1.3-6]
  package internal(set) var allowsEmptyClientIdentifier = true
  /// What the Client Identifiers that we assign begin with; at most 50 bytes, `auto-` by default.
  package internal(set) var assignedIdentifierPrefix = TextReference.none
  /// `listener_auto_id_prefix`, when it is given.
  var assignedIdentifierPrefixHere = TextReference.none
  /// The file of users and their passwords; empty for none.
  package internal(set) var passwordFile = TextReference.none
  /// The file of who may publish and subscribe what; empty for none.
  package internal(set) var aclFile = TextReference.none
  /// The file of pre-shared keys and their identities; empty for none.
  package internal(set) var pskFile = TextReference.none
}

extension SecuritySettings {
  /// One of its texts.
  subscript(setting: SecurityTextSetting) -> TextReference {
    get {
      switch setting {
      case .aclFile: aclFile
      case .assignedIdentifierPrefix: assignedIdentifierPrefix
      case .passwordFile: passwordFile
      case .pskFile: pskFile
      }
    }
    set {
      switch setting {
      case .aclFile: aclFile = newValue
      case .assignedIdentifierPrefix: assignedIdentifierPrefix = newValue
      case .passwordFile: passwordFile = newValue
      case .pskFile: pskFile = newValue
      }
    }
  }
}
