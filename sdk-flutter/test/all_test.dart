/// Every test of the core in one process.
library;

import 'facade_test.dart' as facade;
import 'fixtures_test.dart' as fixtures;
import 'in_app_plan_test.dart' as in_app_plan;
import 'in_app_test.dart' as in_app;
import 'property_test.dart' as property;
import 'queue_test.dart' as queue;
import 'receipts_test.dart' as receipts;
import 'transport_test.dart' as transport;
import 'trigger_vectors_test.dart' as trigger_vectors;

void main() {
  facade.main();
  fixtures.main();
  in_app.main();
  in_app_plan.main();
  property.main();
  queue.main();
  receipts.main();
  transport.main();
  trigger_vectors.main();
}
