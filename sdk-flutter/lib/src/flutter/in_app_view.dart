/// One in-app message as widgets; `InAppPlan` has decided everything.
library;

import 'package:flutter/material.dart';

import '../core/in_app/in_app_message.dart';
import '../core/in_app/in_app_plan.dart';
import '../core/platform.dart';

class InAppView extends StatelessWidget {
  const InAppView({required this.presentation, super.key});

  final InAppPresentation presentation;

  InAppMessage get _message => presentation.message;

  @override
  Widget build(BuildContext context) {
    final plan = planOf(_message);
    final alignment = switch (plan.edge) {
      InAppEdge.top => Alignment.topCenter,
      InAppEdge.bottom => Alignment.bottomCenter,
      InAppEdge.center || InAppEdge.fill => Alignment.center,
    };
    final fills = plan.edge == InAppEdge.fill;
    final body = SafeArea(
      child: Align(
        alignment: alignment,
        child: Padding(
          padding: EdgeInsets.all(fills ? 0 : 16),
          child: ConstrainedBox(
            constraints: BoxConstraints(
              maxWidth: fills ? double.infinity : 480,
              minHeight: fills ? double.infinity : 0,
            ),
            child: _card(context, plan),
          ),
        ),
      ),
    );
    if (!plan.hasScrim) return body;
    return Stack(
      children: [
        Positioned.fill(
          child: GestureDetector(
            onTap: presentation.onDismissed,
            child: const ColoredBox(color: Color(0x99000000)),
          ),
        ),
        body,
      ],
    );
  }

  Widget _card(BuildContext context, InAppPlan plan) {
    final foreground = Color(plan.foreground);
    final title = _message.title, text = _message.body;
    final only = _message.buttons.length == 1 ? _message.buttons.single : null;
    return Material(
      color: Color(plan.background),
      borderRadius: BorderRadius.circular(plan.corner),
      clipBehavior: Clip.antiAlias,
      elevation: 6,
      child: InkWell(
        onTap:
            plan.isTappable && only != null
                ? () => presentation.onAction(only.id)
                : null,
        child: SingleChildScrollView(
          child: Column(
            mainAxisSize: MainAxisSize.min,
            crossAxisAlignment: CrossAxisAlignment.stretch,
            children: [
              if (plan.hasCloseButton) _close(foreground),
              if (_message.image case final InAppImage image)
                _picture(image, plan),
              if (!plan.isImageOnly) ...[
                if (title != null) _text(title, foreground, isTitle: true),
                if (text != null) _text(text, foreground),
                if (_message.buttons.isNotEmpty) _buttons(plan),
              ],
            ],
          ),
        ),
      ),
    );
  }

  Widget _close(Color color) => Align(
    alignment: Alignment.topRight,
    child: IconButton(
      onPressed: presentation.onDismissed,
      icon: Icon(Icons.close, color: color),
      tooltip: 'Close',
    ),
  );

  Widget _picture(InAppImage image, InAppPlan plan) => AspectRatio(
    aspectRatio: plan.imageAspect ?? 2,
    child: Image.network(
      '${image.url}',
      fit: BoxFit.cover,
      // A picture that cannot be had leaves the words.
      errorBuilder: (context, error, trace) => const SizedBox.shrink(),
    ),
  );

  Widget _text(String text, Color color, {bool isTitle = false}) => Padding(
    padding: const EdgeInsets.fromLTRB(20, 12, 20, 4),
    child: Text(
      text,
      style: TextStyle(
        color: color,
        fontSize: isTitle ? 18 : 15,
        fontWeight: isTitle ? FontWeight.w600 : FontWeight.w400,
      ),
    ),
  );

  Widget _buttons(InAppPlan plan) {
    final buttons = [
      for (final one in _message.buttons)
        TextButton(
          onPressed: () => presentation.onAction(one.id),
          child: Text(
            one.text,
            style: TextStyle(color: Color(plan.foreground)),
          ),
        ),
    ];
    return Padding(
      padding: const EdgeInsets.all(8),
      child:
          plan.stacksButtons
              ? Column(
                crossAxisAlignment: CrossAxisAlignment.stretch,
                children: buttons,
              )
              : Row(
                mainAxisAlignment: MainAxisAlignment.end,
                children: buttons,
              ),
    );
  }
}
