/// Reads values of the expected type out of JSON; anything else is absent.
library;

import '../store/key_value_store.dart';

String? textOf(Object? value) => value is String ? value : null;

int? intOf(Object? value) =>
    value is int
        ? value
        : value is double && value == value.roundToDouble()
        ? value.toInt()
        : null;

bool? boolOf(Object? value) => value is bool ? value : null;

double? numberOf(Object? value) => value is num ? value.toDouble() : null;

Json? objectOf(Object? value) => value is Json ? value : null;

List<Object?> listOf(Object? value) =>
    value is List<Object?> ? value : const [];

/// Every object of a list.
Iterable<Json> objectsOf(Object? value) => listOf(value).whereType<Json>();

/// Every text of a list.
List<String> textsOf(Object? value) =>
    listOf(value).whereType<String>().toList();
