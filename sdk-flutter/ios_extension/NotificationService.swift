// The app's notification service extension: reports that a push arrived, also while the app is closed, and shows its
// picture. Add a target of the kind "Notification Service Extension", replace its file with this one, and give app and
// extension the same App Group (README, step 4).
import UserNotifications

final class NotificationService: UNNotificationServiceExtension {
  /// The same group as `--dart-define=AUTOMATA_SIGNAL_APP_GROUP`.
  private let appGroup = "group.com.example.app"

  private var handler: ((UNNotificationContent) -> Void)?
  private var content: UNMutableNotificationContent?

  override func didReceive(
    _ request: UNNotificationRequest,
    withContentHandler contentHandler: @escaping (UNNotificationContent) -> Void
  ) {
    handler = contentHandler
    content = request.content.mutableCopy() as? UNMutableNotificationContent
    let work = DispatchGroup()
    if let messageId = request.content.userInfo["as_mid"] as? String,
      request.content.userInfo["as_rcpt"] as? String == "1"
    {
      work.enter()
      report(messageId) { work.leave() }
    }
    if let text = request.content.userInfo["as_image"] as? String, let url = URL(string: text), url.scheme == "https" {
      work.enter()
      attach(url) { work.leave() }
    }
    work.notify(queue: .main) { self.finish() }
  }

  /// iOS gives about thirty seconds; whatever is there by then is shown.
  override func serviceExtensionTimeWillExpire() { finish() }

  private func finish() {
    guard let handler = handler, let content = content else { return }
    self.handler = nil
    handler(content)
  }

  /// The receipt must leave before the content handler is called: the system may end the process right after.
  private func report(_ messageId: String, done: @escaping () -> Void) {
    guard let state = storedState(),
      state["tracks_events"] as? Bool ?? true,
      let server = state["server"] as? String,
      let appId = state["app_id"] as? String,
      let installId = state["install_id"] as? String,
      let secret = state["install_secret"] as? String,
      let records = state["records"] as? [[String: Any]],
      let subscriptionId = records.first(where: { $0["type"] as? String == "iOSPush" })?["id"] as? String,
      let url = URL(string: server + "/v1/client/events")
    else { return done() }
    if state["requires_consent"] as? Bool ?? false, !(state["consent"] as? Bool ?? false) { return done() }
    let event: [String: Any] = [
      "id": UUID().uuidString.lowercased(),
      "message_id": messageId,
      "subscription_id": subscriptionId,
      "type": "received",
      "occurred_at": ISO8601DateFormatter().string(from: Date()),
    ]
    var request = URLRequest(url: url, timeoutInterval: 20)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.setValue(appId, forHTTPHeaderField: "X-App-Id")
    request.setValue(installId, forHTTPHeaderField: "X-Install-Id")
    request.setValue(secret, forHTTPHeaderField: "X-Install-Secret")
    request.httpBody = try? JSONSerialization.data(withJSONObject: ["events": [event]])
    // A broadcast reaches every phone in the same second: spread the reports, within what iOS allows.
    DispatchQueue.global().asyncAfter(deadline: .now() + Double.random(in: 0...8)) {
      URLSession.shared.dataTask(with: request) { _, _, _ in done() }.resume()
    }
  }

  /// What the app's SDK stored, in the group that both can read.
  private func storedState() -> [String: Any]? {
    guard let text = UserDefaults(suiteName: appGroup)?.string(forKey: "as.state.v1"),
      let data = text.data(using: .utf8)
    else { return nil }
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
  }

  private func attach(_ url: URL, done: @escaping () -> Void) {
    URLSession.shared.downloadTask(with: url) { file, _, _ in
      defer { done() }
      guard let file = file else { return }
      let named = file.deletingLastPathComponent().appendingPathComponent(UUID().uuidString + "-" + url.lastPathComponent)
      guard (try? FileManager.default.moveItem(at: file, to: named)) != nil,
        let attachment = try? UNNotificationAttachment(identifier: "image", url: named)
      else { return }
      self.content?.attachments = [attachment]
    }.resume()
  }
}
