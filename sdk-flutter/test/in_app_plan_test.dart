/// Layouts are decided here, not in widgets.
library;

import 'package:automata_signal/src/core/in_app/in_app_message.dart';
import 'package:automata_signal/src/core/in_app/in_app_plan.dart';
import 'package:test/test.dart';

InAppMessage _message(
  InAppLayout layout, {
  List<InAppButton> buttons = const [],
  String? background,
  String? foreground,
  InAppImage? image,
  int corner = 12,
}) => InAppMessage(
  id: 'm1',
  layout: layout,
  buttons: buttons,
  background: background,
  foreground: foreground,
  image: image,
  corner: corner,
);

InAppButton _button(
  String text, [
  InAppAction action = const DismissAction(),
]) => InAppButton(id: text, text: text, action: action);

void main() {
  test('each layout has its place', () {
    final edges = {
      for (final layout in InAppLayout.values)
        layout: planOf(_message(layout)).edge,
    };
    expect(edges, {
      InAppLayout.bannerTop: InAppEdge.top,
      InAppLayout.bannerBottom: InAppEdge.bottom,
      InAppLayout.modal: InAppEdge.center,
      InAppLayout.card: InAppEdge.center,
      InAppLayout.image: InAppEdge.center,
      InAppLayout.fullscreen: InAppEdge.fill,
    });
    expect(planOf(_message(InAppLayout.modal)).hasScrim, isTrue);
    expect(planOf(_message(InAppLayout.bannerTop)).hasScrim, isFalse);
    expect(planOf(_message(InAppLayout.fullscreen)).corner, 0);
  });

  test('nobody is locked in', () {
    const open = OpenAction.new;
    final without = _message(
      InAppLayout.modal,
      buttons: [_button('Go', open(Uri.parse('app://x')))],
    );
    expect(planOf(without).hasCloseButton, isTrue);
    expect(planOf(without).isTappable, isTrue);
    final dismissible = _message(
      InAppLayout.modal,
      buttons: [_button('Close')],
    );
    expect(planOf(dismissible).hasCloseButton, isFalse);
  });

  test('buttons stand in a column when they would not fit in a row', () {
    bool stacks(List<String> texts) =>
        planOf(
          _message(InAppLayout.modal, buttons: texts.map(_button).toList()),
        ).stacksButtons;
    expect(stacks(['Yes', 'No']), isFalse);
    expect(stacks(['Yes', 'No', 'Later']), isTrue);
    expect(stacks(['Yes', 'Remind me another day']), isTrue);
  });

  test('an unreadable colour gives way to one that can be read', () {
    int text(String? background, String? foreground) =>
        planOf(
          _message(
            InAppLayout.modal,
            background: background,
            foreground: foreground,
          ),
        ).foreground;
    expect(text('#FFFFFF', '#0000AA'), 0xFF0000AA);
    expect(text('#FFFFFF', '#FEFEFE'), 0xFF222222);
    expect(text('#101010', null), 0xFFFFFFFF);
    expect(text('white', null), 0xFF222222);
    expect(contrast(0xFF000000, 0xFFFFFFFF), 21);
  });

  test('images keep their shape within bounds', () {
    double? aspect(int? width, int? height) =>
        planOf(
          _message(
            InAppLayout.image,
            image: InAppImage(
              url: Uri.parse('https://a.example/a.png'),
              width: width,
              height: height,
            ),
          ),
        ).imageAspect;
    expect(aspect(1200, 600), 2);
    expect(aspect(100, 1000), 0.5);
    expect(aspect(null, null), 2);
    expect(aspect(0, 0), 2);
    expect(planOf(_message(InAppLayout.image)).imageAspect, isNull);
  });
}
