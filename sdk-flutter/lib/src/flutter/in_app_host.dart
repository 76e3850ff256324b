/// Draws in-app messages over the app, in its own topmost overlay.
library;

import 'package:flutter/widgets.dart';

import '../core/platform.dart';
import 'in_app_view.dart';

final class InAppHost implements InAppRenderer {
  OverlayEntry? _entry;
  String? _shown;

  @override
  bool get ready => _overlay() != null;

  @override
  void show(InAppPresentation presentation) {
    final overlay = _overlay();
    if (overlay == null) return presentation.onDismissed();
    final entry = OverlayEntry(
      builder: (context) => InAppView(presentation: presentation),
    );
    _entry = entry;
    _shown = presentation.message.id;
    overlay.insert(entry);
    WidgetsBinding.instance.addPostFrameCallback((_) {
      if (_shown == presentation.message.id) presentation.onVisible();
    });
  }

  @override
  void hide(String messageId) {
    if (_shown != messageId) return;
    _entry?.remove();
    _entry = null;
    _shown = null;
  }

  /// The first overlay from the root is the app's own: every route lies below it.
  static OverlayState? _overlay() {
    OverlayState? found;
    void visit(Element element) {
      if (found != null) return;
      if (element is StatefulElement && element.state is OverlayState) {
        found = element.state as OverlayState;
        return;
      }
      element.visitChildren(visit);
    }

    WidgetsBinding.instance.rootElement?.visitChildren(visit);
    return found;
  }
}
