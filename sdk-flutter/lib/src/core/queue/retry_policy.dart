/// How long to wait before the next attempt.
library;

import 'dart:math';

/// Full jitter: a random time up to a limit that doubles with every attempt.
final class RetryPolicy {
  const RetryPolicy({
    this.base = const Duration(seconds: 2),
    this.cap = const Duration(minutes: 10),
  });

  final Duration base;
  final Duration cap;

  /// `attempt` counts from 1; never less than what the server asked for.
  Duration delay(int attempt, Random random, {Duration? retryAfter}) {
    final limit = min(
      cap.inMilliseconds,
      base.inMilliseconds * pow(2, min(attempt - 1, 20)).toInt(),
    );
    final drawn = Duration(milliseconds: random.nextInt(limit + 1));
    return retryAfter != null && retryAfter > drawn ? retryAfter : drawn;
  }
}
