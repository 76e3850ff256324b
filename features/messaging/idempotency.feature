Feature: The same request twice
  A shop whose connection broke does not know whether its request arrived.
  It repeats the request under the same name, and the message goes out once.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario: A repeated request is answered like the first and sends nothing
    Given the shop has sent "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    When the shop repeats "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    Then the answer is the first one again
    And there is 1 message "Order 1042 is paid"
    And "Order 1042 is paid" becomes sent
    And Apple took "Order 1042 is paid" exactly once

  Scenario: A repeated request uses the quota once
    Given the shop has sent "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    When the shop repeats "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    Then the shop has used 1 of its quota

  Scenario: A request's name cannot be used for something else
    Given the shop has sent "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    When the shop tries to send "Order 1043 is paid" to Minsu's iPhone as request "order-1042"
    Then this is refused, because it was used for another request
    And the shop has used 1 of its quota

  Scenario: Two copies of a request at the same moment are one
    When the shop sends 5 copies of "Order 1042 is paid" to Minsu's iPhone at once as request "order-1042"
    Then there is 1 message "Order 1042 is paid"
    And "Order 1042 is paid" becomes sent
    And the shop has used 1 of its quota

  Scenario: Requests without a name are different requests
    When the shop sends "Order 1042 is paid" to Minsu's iPhone
    And the shop sends "Order 1042 is paid" to Minsu's iPhone
    Then there are 2 messages "Order 1042 is paid"

  Scenario: Two shops may use the same name
    Given another shop with a customer whose Yuna's iPhone receives pushes
    And the shop has sent "Order 1042 is paid" to Minsu's iPhone as request "order-1042"
    When the other shop sends "Your order is paid" to Yuna's iPhone as request "order-1042"
    Then "Your order is paid" becomes sent
