/// A folder with one file per key: for command line programs and tests.
library;

import 'dart:io';

import 'key_value_store.dart';

/// A write is a new file moved over the old one: a kill leaves one of the two whole.
final class FileStore implements KeyValueStore {
  FileStore(this.folder);

  final Directory folder;

  File _file(String key) =>
      File('${folder.path}/${Uri.encodeComponent(key)}.json');

  @override
  Future<String?> read(String key) async {
    final file = _file(key);
    try {
      return await file.readAsString();
    } on FileSystemException {
      return file.existsSync() ? '' : null;
    }
  }

  @override
  Future<void> write(String key, String value) async {
    folder.createSync(recursive: true);
    final next = File('${_file(key).path}.next');
    await next.writeAsString(value, flush: true);
    await next.rename(_file(key).path);
  }

  @override
  Future<void> remove(String key) async {
    final file = _file(key);
    if (file.existsSync()) await file.delete();
  }
}
