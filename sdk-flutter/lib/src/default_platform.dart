/// Outside of Flutter there is no platform to choose: `AutomataSignal.on` is given one.
library;

import 'core/platform.dart';

SignalPlatform defaultPlatform() =>
    throw UnsupportedError(
      'outside of Flutter use AutomataSignal.on(platform)',
    );
