/// Declarations that glue and example use, as in Flutter 3.32's material library; for the type gate only.
library;

import 'widgets.dart';

export 'widgets.dart';

abstract final class Icons {
  static const IconData close = IconData(1);
}

class Material extends Widget {
  const Material({
    required this.child,
    this.color,
    this.borderRadius,
    this.clipBehavior = Clip.none,
    this.elevation = 0,
    super.key,
  });

  final Widget child;
  final Color? color;
  final BorderRadius? borderRadius;
  final Clip clipBehavior;
  final double elevation;
}

class InkWell extends Widget {
  const InkWell({required this.child, this.onTap, super.key});

  final Widget child;
  final void Function()? onTap;
}

class IconButton extends Widget {
  const IconButton({
    required this.onPressed,
    required this.icon,
    this.tooltip,
    super.key,
  });

  final void Function()? onPressed;
  final Widget icon;
  final String? tooltip;
}

class TextButton extends Widget {
  const TextButton({required this.onPressed, required this.child, super.key});

  final void Function()? onPressed;
  final Widget child;
}

class ElevatedButton extends Widget {
  const ElevatedButton({
    required this.onPressed,
    required this.child,
    super.key,
  });

  final void Function()? onPressed;
  final Widget child;
}

class InputDecoration {
  const InputDecoration({this.labelText});

  final String? labelText;
}

class TextField extends Widget {
  const TextField({this.controller, this.decoration, super.key});

  final TextEditingController? controller;
  final InputDecoration? decoration;
}

class AppBar extends Widget {
  AppBar({required this.title, super.key});

  final Widget title;
}

class Scaffold extends Widget {
  const Scaffold({required this.body, this.appBar, super.key});

  final Widget body;
  final AppBar? appBar;
}

class MaterialApp extends Widget {
  const MaterialApp({required this.home, this.title = '', super.key});

  final Widget home;
  final String title;
}
