Feature: Keys of a shop
  A shop's servers show a key. A key can be replaced without a pause, taken back at once,
  and opens nothing but its own shop.

  Background:
    Given a shop that pushes to iPhones and Android phones
    And Minsu's iPhone receives pushes

  Scenario: The shop's key opens its door
    When "Hello" is sent to Minsu's iPhone with the shop's first key
    Then "Hello" becomes sent

  Scenario Outline: Anything else does not
    When "Hello" is sent to Minsu's iPhone with <key>
    Then this is refused, because the key is not valid

    Examples:
      | key                                  |
      | no key                               |
      | an invented key                      |
      | the shop's first key, one letter off |

  Scenario: While a key is being replaced, both keys work
    Given the shop has been given a second key
    When "Old server" is sent to Minsu's iPhone with the shop's first key
    And "New server" is sent to Minsu's iPhone with the shop's second key
    Then "Old server" becomes sent
    And "New server" becomes sent

  Scenario: A key that was taken back works no longer
    Given the shop has been given a second key
    And "Hello" has been sent to Minsu's iPhone with the shop's first key
    When the shop's first key is taken back
    And "Hello again" is sent to Minsu's iPhone with the shop's first key
    Then this is refused, because the key is not valid

  Scenario: Taking the old key back does not touch the new one
    Given the shop has been given a second key
    When the shop's first key is taken back
    And "Hello again" is sent to Minsu's iPhone with the shop's second key
    Then "Hello again" becomes sent

  Scenario: No more than two keys for the same purpose
    Given the shop has been given a second key
    When the shop is to be given a third key
    Then this is refused, because two keys are in use already

  Scenario: After a replacement the next one can begin
    Given the shop has been given a second key
    When the shop's first key is taken back
    And the shop is to be given a third key
    And "Hello again" is sent to Minsu's iPhone with the shop's third key
    Then "Hello again" becomes sent

  Scenario: A key that has run out works no longer
    Given the shop has been given a second key that is good for 1 day
    When 2 days have passed
    And "Hello" is sent to Minsu's iPhone with the shop's second key
    Then this is refused, because the key is not valid

  Scenario: A key opens nothing but its own shop
    Given another shop with a customer whose Yuna's iPhone receives pushes
    When the shop tries to send "Hello" in the name of the other shop to Yuna's iPhone
    Then this is refused, because there is no such thing in this shop

  Scenario: One shop's customers do not exist for another
    Given another shop with a customer whose Yuna's iPhone receives pushes
    When the shop sends "Hello" to Yuna's iPhone
    Then nobody of that name is found

  Scenario: A key that may only read cannot send
    Given the shop has been given a second key that may only read
    When "Hello" is sent to Minsu's iPhone with the shop's second key
    Then this is refused, because the key is not meant for that

  Scenario: Nobody can read a key again
    When an operator looks at the shop's keys
    Then the first key is listed, but cannot be learned from the list

  Scenario: An inactive shop is refused
    When the shop is made inactive
    And "Hello" is sent to Minsu's iPhone with the shop's first key
    Then this is refused, because the shop is inactive

  Scenario: What an inactive shop has in the queue stays there
    Given the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When the shop is made inactive
    And 3 hours have passed
    Then "Good morning" is waiting
    And nobody was asked to deliver "Good morning"

  Scenario: When the shop is active again, its queue moves on
    Given the shop has scheduled "Good morning" for Minsu's iPhone in 2 hours
    When the shop is made inactive
    And 3 hours have passed
    And the shop is made active
    Then "Good morning" becomes sent
