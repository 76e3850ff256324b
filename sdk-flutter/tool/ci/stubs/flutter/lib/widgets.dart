/// Declarations that glue and example use, as in Flutter 3.32's widgets library; for the type gate only.
library;

class Locale {
  String? get countryCode => null;
  String toLanguageTag() => '';
}

class PlatformDispatcher {
  Locale get locale => Locale();
}

enum AppLifecycleState { detached, resumed, inactive, hidden, paused }

mixin class WidgetsBindingObserver {
  void didChangeAppLifecycleState(AppLifecycleState state) {}
}

class WidgetsBinding {
  static WidgetsBinding get instance => WidgetsBinding();

  PlatformDispatcher get platformDispatcher => PlatformDispatcher();
  AppLifecycleState? get lifecycleState => null;
  Future<void> get waitUntilFirstFrameRasterized async {}
  Element? get rootElement => null;
  void addObserver(WidgetsBindingObserver observer) {}
  void addPostFrameCallback(void Function(Duration timeStamp) callback) {}
}

abstract final class WidgetsFlutterBinding {
  static WidgetsBinding ensureInitialized() => WidgetsBinding.instance;
}

void runApp(Widget app) {}

class Key {
  const Key(this.value);

  final String value;
}

abstract class Widget {
  const Widget({this.key});

  final Key? key;
}

abstract class BuildContext {}

abstract class Element implements BuildContext {
  void visitChildren(void Function(Element element) visitor);
}

class StatefulElement extends Element {
  State<StatefulWidget> get state => throw StateError('stub');

  @override
  void visitChildren(void Function(Element element) visitor) {}
}

abstract class StatelessWidget extends Widget {
  const StatelessWidget({super.key});

  Widget build(BuildContext context);
}

abstract class StatefulWidget extends Widget {
  const StatefulWidget({super.key});

  State<StatefulWidget> createState();
}

abstract class State<T extends StatefulWidget> {
  T get widget => throw StateError('stub');
  BuildContext get context => throw StateError('stub');
  bool get mounted => false;
  void setState(void Function() change) => change();
  void initState() {}
  void dispose() {}
  Widget build(BuildContext context);
}

class OverlayEntry {
  OverlayEntry({required this.builder});

  final Widget Function(BuildContext context) builder;

  void remove() {}
}

abstract class Overlay extends StatefulWidget {
  const Overlay({super.key});
}

abstract class OverlayState extends State<Overlay> {
  void insert(OverlayEntry entry) {}
}

class Color {
  const Color(this.value);

  final int value;
}

class Alignment {
  const Alignment(this.x, this.y);

  static const Alignment topCenter = Alignment(0, -1);
  static const Alignment topRight = Alignment(1, -1);
  static const Alignment center = Alignment(0, 0);
  static const Alignment bottomCenter = Alignment(0, 1);

  final double x;
  final double y;
}

class EdgeInsets {
  const EdgeInsets.all(double value) : left = value, top = value;
  const EdgeInsets.fromLTRB(this.left, this.top, double right, double bottom);

  final double left;
  final double top;
}

class BoxConstraints {
  const BoxConstraints({this.maxWidth = double.infinity, this.minHeight = 0});

  final double maxWidth;
  final double minHeight;
}

class BorderRadius {
  BorderRadius.circular(this.radius);

  final double radius;
}

enum Clip { none, antiAlias }

enum MainAxisSize { min, max }

enum MainAxisAlignment { start, end }

enum CrossAxisAlignment { start, stretch }

enum BoxFit { cover, contain }

class FontWeight {
  const FontWeight(this.value);

  static const FontWeight w400 = FontWeight(400);
  static const FontWeight w600 = FontWeight(600);

  final int value;
}

class TextStyle {
  const TextStyle({this.color, this.fontSize, this.fontWeight});

  final Color? color;
  final double? fontSize;
  final FontWeight? fontWeight;
}

class SafeArea extends Widget {
  const SafeArea({required this.child, super.key});

  final Widget child;
}

class Align extends Widget {
  const Align({required this.alignment, required this.child, super.key});

  final Alignment alignment;
  final Widget child;
}

class Padding extends Widget {
  const Padding({required this.padding, required this.child, super.key});

  final EdgeInsets padding;
  final Widget child;
}

class ConstrainedBox extends Widget {
  const ConstrainedBox({
    required this.constraints,
    required this.child,
    super.key,
  });

  final BoxConstraints constraints;
  final Widget child;
}

class Stack extends Widget {
  const Stack({required this.children, super.key});

  final List<Widget> children;
}

class Positioned extends Widget {
  const Positioned.fill({required this.child, super.key});

  final Widget child;
}

class GestureDetector extends Widget {
  const GestureDetector({required this.child, this.onTap, super.key});

  final Widget child;
  final void Function()? onTap;
}

class ColoredBox extends Widget {
  const ColoredBox({required this.color, super.key});

  final Color color;
}

class SingleChildScrollView extends Widget {
  const SingleChildScrollView({required this.child, super.key});

  final Widget child;
}

class Column extends Widget {
  const Column({
    required this.children,
    this.mainAxisSize = MainAxisSize.max,
    this.crossAxisAlignment = CrossAxisAlignment.start,
    super.key,
  });

  final List<Widget> children;
  final MainAxisSize mainAxisSize;
  final CrossAxisAlignment crossAxisAlignment;
}

class Row extends Widget {
  const Row({
    required this.children,
    this.mainAxisAlignment = MainAxisAlignment.start,
    super.key,
  });

  final List<Widget> children;
  final MainAxisAlignment mainAxisAlignment;
}

class AspectRatio extends Widget {
  const AspectRatio({
    required this.aspectRatio,
    required this.child,
    super.key,
  });

  final double aspectRatio;
  final Widget child;
}

class SizedBox extends Widget {
  const SizedBox({this.height, super.key});
  const SizedBox.shrink({super.key}) : height = 0;

  final double? height;
}

class Text extends Widget {
  const Text(this.text, {this.style, super.key});

  final String text;
  final TextStyle? style;
}

class Image extends Widget {
  const Image.network(this.url, {this.fit, this.errorBuilder, super.key});

  final String url;
  final BoxFit? fit;
  final Widget Function(BuildContext context, Object error, StackTrace? trace)?
  errorBuilder;
}

class IconData {
  const IconData(this.codePoint);

  final int codePoint;
}

class Icon extends Widget {
  const Icon(this.icon, {this.color, super.key});

  final IconData icon;
  final Color? color;
}

class ListView extends Widget {
  const ListView({required this.children, this.padding, super.key});

  final List<Widget> children;
  final EdgeInsets? padding;
}

class TextEditingController {
  String text = '';
  void dispose() {}
}
