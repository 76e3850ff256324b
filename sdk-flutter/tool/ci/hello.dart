/// Proves that the VM starts.
void main() => print('started');
